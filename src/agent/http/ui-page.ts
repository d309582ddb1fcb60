/**
 * The page at /ui/: members, services and keys, live through blocking queries. Self-contained: one HTML text without anything
 * from elsewhere. Whatever comes from the cluster is shown as text, never as markup.
 */

const style = `
:root { color-scheme: light dark; --bg: #f6f7f9; --card: #fff; --line: #e2e5ea; --text: #1c2128; --dim: #69717d;
  --accent: #b4236b; --ok: #1a7f4b; --warn: #9a6700; --bad: #c0352b; }
@media (prefers-color-scheme: dark) { :root { --bg: #14171c; --card: #1c2027; --line: #2c323b; --text: #e4e7eb;
  --dim: #8b94a1; --accent: #f06fae; --ok: #4cc38a; --warn: #e3b341; --bad: #ff7b72; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
header { display: flex; flex-wrap: wrap; gap: .5rem 2rem; align-items: baseline; padding: 1rem 1.5rem;
  border-bottom: 1px solid var(--line); background: var(--card); }
h1 { font-size: 1.15rem; margin: 0; color: var(--accent); }
header span { color: var(--dim); } header b { color: var(--text); font-weight: 600; }
main { display: grid; grid-template-columns: repeat(auto-fit, minmax(21rem, 1fr)); gap: 1rem; padding: 1rem 1.5rem;
  align-items: start; max-width: 110rem; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
#keys { grid-column: 1 / -1; }
h2 { font-size: .95rem; margin: 0; padding: .7rem 1rem; border-bottom: 1px solid var(--line); display: flex; gap: .5rem; }
h2 small { color: var(--dim); font-weight: 400; }
table { width: 100%; border-collapse: collapse; } td, th { text-align: left; padding: .4rem 1rem; font-weight: 400; }
th { color: var(--dim); font-size: .8rem; } tr + tr td { border-top: 1px solid var(--line); }
code, pre, .key { font: 13px/1.5 ui-monospace, monospace; }
.passing, .alive { color: var(--ok); } .warning, .leaving { color: var(--warn); }
.critical, .failed { color: var(--bad); } .left, .none, .empty { color: var(--dim); } .empty { padding: .7rem 1rem; }
.split { display: grid; grid-template-columns: minmax(14rem, 1fr) 2fr; min-height: 8rem; }
.list { border-right: 1px solid var(--line); max-height: 26rem; overflow: auto; }
.key { display: block; width: 100%; text-align: left; border: 0; background: none; color: inherit; padding: .3rem 1rem;
  cursor: pointer; overflow-wrap: anywhere; }
.key:hover, .key:focus-visible, .key[aria-current] { background: color-mix(in srgb, var(--accent) 12%, transparent); outline: 0; }
.value { padding: .7rem 1rem; min-width: 0; } pre { margin: .4rem 0 0; white-space: pre-wrap; overflow-wrap: anywhere; }
#state { margin-left: auto; } #state.critical b { color: var(--bad); }
@media (max-width: 40rem) { .split { grid-template-columns: 1fr; } .list { border-right: 0; max-height: 14rem; } }
`;

/** Runs in the browser. Written without template literals, for it lives in one. */
const script = `
'use strict';
var el = function (id) { return document.getElementById(id); };
var make = function (tag, text, className) {
  var node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (className) node.className = className;
  return node;
};
var fill = function (node, children) { node.replaceChildren.apply(node, children); };
var row = function (cells) {
  var tr = make('tr');
  cells.forEach(function (cell) { tr.append(make('td', cell[0], cell[1])); });
  return tr;
};
var failures = {};
var report = function (path, error) {
  if (error) failures[path] = error; else delete failures[path];
  var problem = Object.values(failures)[0];
  el('state').className = problem ? 'critical' : 'passing';
  fill(el('state'), [make('b', problem ? 'disconnected: ' + problem : 'live')]);
};
var pause = function (ms) { return new Promise(function (done) { setTimeout(done, ms); }); };

// Asks for a path again and again; the agent answers when something changed.
var watch = function (path, show) {
  var stopped = false, abort = new AbortController();
  (async function () {
    var index = 0;
    while (!stopped) {
      try {
        var join = path.indexOf('?') < 0 ? '?' : '&';
        var answer = await fetch(path + join + 'index=' + index + '&wait=60s', { signal: abort.signal });
        if (!answer.ok && answer.status !== 404) throw new Error((await answer.text()) || answer.statusText);
        var body = answer.status === 404 ? null : await answer.json();
        var next = Number(answer.headers.get('X-Consul-Index'));
        report(path);
        if (!stopped && (next !== index || index === 0)) show(body);
        index = next < index ? 0 : next;
      } catch (error) {
        if (stopped) return;
        report(path, error.message);
        index = 0;
        await pause(2000);
      }
    }
  })();
  return function () { stopped = true; abort.abort(); report(path); };
};

var statuses = ['none', 'alive', 'leaving', 'left', 'failed'];
var showMembers = async function () {
  try {
    var results = await Promise.all(['/v1/agent/members', '/v1/status/leader'].map(function (path) {
      return fetch(path).then(function (answer) { return answer.json(); });
    }));
    var members = results[0], leader = results[1];
    fill(el('members'), members.map(function (m) {
      var address = m.Addr + ':' + m.Tags.port;
      var role = m.Tags.role !== 'consul' ? 'client' : address === leader ? 'leader' : 'server';
      return row([[m.Name], [m.Addr + ':' + m.Port], [role], [statuses[m.Status], statuses[m.Status]]]);
    }));
    el('member-count').textContent = members.length;
    el('leader').textContent = leader || 'none';
    el('dc').textContent = members.length ? members[0].Tags.dc : '';
  } catch (error) { report('members', error.message); return; }
  report('members');
};

var services = {}, checks = [];
var worst = function (name) {
  var found = checks.filter(function (c) { return c.ServiceName === name; }).map(function (c) { return c.Status; });
  return ['critical', 'warning'].find(function (s) { return found.indexOf(s) >= 0; }) || 'passing';
};
var showServices = function () {
  var names = Object.keys(services).sort();
  el('service-count').textContent = names.length;
  fill(el('services'), names.map(function (name) {
    return row([[name], [services[name].join(', ')], [worst(name), worst(name)]]);
  }));
  fill(el('checks'), checks.map(function (c) {
    return row([[c.Node], [c.Name], [c.Status, c.Status]]);
  }));
  el('check-count').textContent = checks.length;
};

var folder = '', chosen = null, stopList = null, stopValue = null;
var encode = function (key) { return key.split('/').map(encodeURIComponent).join('/'); };
var keyButton = function (label, onClick, current) {
  var button = make('button', label, 'key');
  button.onclick = onClick;
  if (current) button.setAttribute('aria-current', 'true');
  return button;
};
var open = function (path) {
  folder = path;
  if (stopList) stopList();
  stopList = watch('/v1/kv/' + encode(folder) + '?keys&separator=/', function (keys) {
    var buttons = (keys || []).filter(function (key) { return key !== folder; }).map(function (key) {
      var label = key.slice(folder.length);
      return keyButton(label, key.endsWith('/') ? function () { open(key); } : function () { choose(key); }, key === chosen);
    });
    if (folder) buttons.unshift(keyButton('../', function () { open(folder.replace(/[^/]*\\/$/, '')); }));
    if (!buttons.length) buttons.push(make('div', 'no keys', 'empty'));
    el('folder').textContent = folder ? folder : '/';
    fill(el('key-list'), buttons);
  });
};
var text = function (base64) {
  var bytes = Uint8Array.from(atob(base64), function (c) { return c.charCodeAt(0); });
  try { return new TextDecoder('utf-8', { fatal: true }).decode(bytes); } catch (error) {
    return bytes.length + ' bytes, not text (base64):\\n' + base64;
  }
};
var choose = function (key) {
  chosen = key;
  document.querySelectorAll('.key').forEach(function (button) {
    button.toggleAttribute('aria-current', folder + button.textContent === key);
  });
  if (stopValue) stopValue();
  stopValue = watch('/v1/kv/' + encode(key), function (entries) {
    var entry = entries && entries[0];
    if (!entry) { fill(el('value'), [make('span', key + ' is gone', 'empty')]); return; }
    var about = 'flags ' + entry.Flags + ', modified at index ' + entry.ModifyIndex;
    if (entry.Session) about += ', locked by ' + entry.Session;
    fill(el('value'), [make('b', key), make('div', about, 'left'), make('pre', entry.Value === null ? '' : text(entry.Value))]);
  });
};

watch('/v1/catalog/nodes', showMembers);
watch('/v1/catalog/services', function (body) { services = body; showServices(); });
watch('/v1/health/state/any', function (body) { checks = body; showServices(); });
open('');
`;

const table = (id: string, title: string, count: string, columns: readonly string[]): string =>
  `<section><h2>${title} <small id="${count}"></small></h2><table><thead><tr>${columns
    .map((column) => `<th>${column}</th>`)
    .join('')}</tr></thead><tbody id="${id}"></tbody></table></section>`;

export const uiPage = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>tc</title><link rel="icon" href="data:,"><style>${style}</style></head><body>
<header><h1>tc</h1><span>datacenter <b id="dc"></b></span><span>leader <b id="leader"></b></span>
<span id="state" role="status"><b>connecting</b></span></header>
<main>
${table('members', 'Members', 'member-count', ['Name', 'Address', 'Role', 'Status'])}
${table('services', 'Services', 'service-count', ['Name', 'Tags', 'Health'])}
${table('checks', 'Checks', 'check-count', ['Node', 'Check', 'Status'])}
<section id="keys"><h2>Keys <small id="folder"></small></h2><div class="split"><div class="list" id="key-list"></div>
<div class="value" id="value"><span class="empty">choose a key</span></div></div></section>
</main><script>${script}</script></body></html>
`;
