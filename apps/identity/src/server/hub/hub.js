// The sync hub (article 4's "iframe app"). It keeps in this origin's localStorage whether an app of this site
// last reported its user as signed in ("in") or signed out ("out"), and when. It sends this state to the page
// that frames it, and keeps nothing else. A page that receives a state asks its own server.
//
// A message is a line `hub/1 kind …`:
// - from the parent: `hello`, `set in`, `set out`
// - to the parent: `state in|out AT`, `state none 0`
// - to the parent: `aside WHY`, if storage is blocked, or is partitioned so that no other app would see it
const VERSION = 'hub/1';
const KEY = 'auth-hub/1';
const STATE = /^(in|out) \d{1,15}$/;
// The rate limit of messages from the parent: MOST messages in SPAN milliseconds.
const MOST = 20;
const SPAN = 10_000;

const origins = document.querySelector('meta[name=origins]').content.split(' ');
const { parent } = window;
// The parent's origin, once it has sent `hello` from a registered origin.
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

// A change by another frame of this origin, in any app.
addEventListener('storage', ({ key, newValue }) => {
  if (key === KEY && newValue !== null && STATE.test(newValue)) tell(`state ${newValue}`);
});
