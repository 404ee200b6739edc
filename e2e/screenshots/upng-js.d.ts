// The part of upng-js that is used here.
declare module 'upng-js' {
  const UPNG: {
    /** Encodes frames of RGBA pixels as an animated PNG with this many colours; delays in milliseconds. */
    encode(frames: ArrayBuffer[], width: number, height: number, colours: number, delays: number[]): ArrayBuffer;
  };
  export default UPNG;
}
