// The sync hub (article 4's "iframe app"): keeps in this origin's localStorage whether apps of this site last
// said that their user is signed in ("in") or out ("out"), and since when, and tells the page it is framed in.
// Nothing else is kept, and a page that hears of it asks its own server.
//
// Messages are lines, `hub/1 kind …`. From the parent: `hello`, `set in`, `set out`. To it: `state in|out AT`,
// `state none 0`, and `aside WHY` where storage is blocked, or partitioned, so that nobody would be reached.
const VERSION = 'hub/1';
const KEY = 'auth-hub/1';
const STATE = /^(in|out) \d{1,15}$/;
// Of any parent: so many messages in so many milliseconds.
const MOST = 20;
const SPAN = 10_000;

const origins = document.querySelector('meta[name=origins]').content.split(' ');
const { parent } = window;
// The parent's origin, once it has greeted us from one that is registered.
let origin;
let since = 0;
let count = 0;

const tell = (line) => origin && parent.postMessage(`${VERSION} ${line}`, origin);

function read() {
  const text = localStorage.getItem(KEY);
  return text !== null && STATE.test(text) ? text : 'none 0';
}

function isFlood() {
  const now = performance.now();
  if (now - since > SPAN) [since, count] = [now, 0];
  count += 1;
  return count > MOST;
}

async function greet() {
  try {
    if (document.hasStorageAccess && !(await document.hasStorageAccess())) return tell('aside partitioned');
    tell(`state ${read()}`);
  } catch {
    tell('aside blocked');
  }
}

function set(state) {
  try {
    localStorage.setItem(KEY, `${state} ${Date.now()}`);
  } catch {
    tell('aside blocked');
  }
}

addEventListener('message', ({ source, origin: from, data }) => {
  if (source !== parent || source === window || !origins.includes(from)) return;
  if (typeof data !== 'string' || data.length > 40 || isFlood()) return;
  const [version, kind, state, ...rest] = data.split(' ');
  if (version !== VERSION || rest.length) return;
  if (kind === 'hello' && state === undefined) {
    origin = from;
    void greet();
  } else if (kind === 'set' && (state === 'in' || state === 'out') && origin === from) {
    set(state);
  }
});

// Other frames of this origin, in whichever app.
addEventListener('storage', ({ key, newValue }) => {
  if (key === KEY && newValue !== null && STATE.test(newValue)) tell(`state ${newValue}`);
});
