"use strict";
// Everything shown came from somebody's mail or name: it is put into the page as text, never as markup.

const VIEWS = {
  overview: ["Overview", showOverview],
  companies: ["Companies", showCompanies],
  mailboxes: ["Mailboxes", showMailboxes],
  messages: ["Messages", showMessages],
  people: ["People", showPeople],
  dns: ["DNS", showDns],
  smtp: ["SMTP", showSmtp],
  web: ["Web", showWeb],
};
const REFRESH_MS = 2000;
const view = document.getElementById("view");
const detail = document.getElementById("detail");
const notice = document.getElementById("notice");
let overview = null;
let chosen = null;
let drawn = "";

function el(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key === "onclick") element.addEventListener("click", value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

async function ask(path, body) {
  const options = body === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(path, options);
  const words = await answer.json();
  if (!answer.ok) throw new Error(words.error ? words.error.sentence : answer.statusText);
  return words;
}

function say(text, bad) {
  notice.textContent = text;
  notice.hidden = !text;
  notice.className = bad ? "bad" : "";
}

// Encoded words (RFC 2047) of a header, read; what cannot be read stays as it is.
function readable(text) {
  return text.replace(/\?=\s+=\?/g, "?==?").replace(/=\?([^?]+)\?([BbQq])\?([^?]*)\?=/g, (all, charset, how, held) => {
    try {
      const quoted = () => held.replace(/_/g, " ").replace(/=([0-9A-Fa-f]{2})/g, (_, code) => String.fromCharCode(parseInt(code, 16)));
      const octets = how.toLowerCase() === "b" ? atob(held) : quoted();
      return new TextDecoder(charset).decode(Uint8Array.from(octets, (sign) => sign.charCodeAt(0)));
    } catch {
      return all;
    }
  });
}

function fieldOf(message, name) {
  return (message.headers.find(([key]) => key.toLowerCase() === name) || ["", ""])[1];
}

const shown = (moment) => (moment || "").replace("T", " ").replace("Z", "");
const path = () => location.hash.slice(1).split("?")[0] || "overview";
const query = () => new URLSearchParams(location.hash.split("?")[1] || "");

function table(heads, rows, empty) {
  if (!rows.length) return el("p", { class: "empty" }, empty);
  return el("table", {}, el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))), el("tbody", {}, rows));
}

function row(cells, onOpen, isChosen) {
  const line = el("tr", onOpen ? { tabindex: "0", class: isChosen ? "chosen" : null, onclick: onOpen } : {},
    cells.map((cell) => (cell instanceof HTMLTableCellElement ? cell : el("td", {}, cell === null || cell === undefined ? "" : cell))));
  if (onOpen) line.addEventListener("keydown", (event) => { if (event.key === "Enter") onOpen(); });
  return line;
}

const isSent = (folder) => /\bsent\b/i.test(folder);
const tight = (text) => el("td", { class: "tight" }, text);
const card = (title, ...children) => el("div", { class: "card flush" }, title ? el("h2", {}, title) : null, ...children);
const tag = (text, kind) => el("span", { class: `tag ${kind || ""}` }, text);

async function showOverview() {
  const names = {
    sends: "messages you sent", messages: "messages taken by servers", notices: "delivery notices", mail_sessions: "SMTP sessions",
    imap_fetched: "messages fetched", dns_answers: "DNS answers", web_pages: "web pages", refused_urls: "refused addresses",
  };
  const people = await ask("/people.json?limit=12");
  const ports = Object.entries(overview.port_map).map(([port, real]) => `${port} → ${real}`).join(", ");
  return [
    el("div", { class: "tiles" },
      el("div", { class: "tile" }, el("b", {}, String(overview.companies)), el("span", {}, "companies")),
      Object.entries(names).map(([key, label]) => el("div", { class: "tile" }, el("b", {}, overview.counts[key].toLocaleString("en")), el("span", {}, label)))),
    el("div", { class: "card" }, el("h2", {}, "This world"), el("dl", {},
      el("dt", {}, "Seed"), el("dd", {}, String(overview.seed)),
      el("dt", {}, "Name server"), el("dd", {}, overview.dns),
      el("dt", {}, "Ports"), el("dd", {}, ports),
      el("dt", {}, "Next event"), el("dd", {}, overview.next_due ? `${shown(overview.next_due)} (${overview.waiting_acts} acts and ${overview.waiting_mail} messages wait)` : "nothing waits"))),
    card("What people did last", acts(people.done, true)),
    card("What they will do next", acts(people.waiting, false)),
  ];
}

function acts(list, past) {
  return table(past ? ["When", "Who", "Did what", "To a letter of"] : ["When", "Who", "Will do"],
    list.map((one) => row([tight(shown(one.at)), one.address, one.act, ...(past ? [one.sender] : [])])),
    past ? "Nobody has done anything yet. Send a message to somebody." : "Nobody has anything to do.");
}

async function showCompanies() {
  const q = query().get("q") || "";
  const found = (await ask(`/companies.json?limit=100&q=${encodeURIComponent(q)}`)).companies;
  const box = el("input", { type: "search", placeholder: "Name, domain, provider or behavior", "aria-label": "Search companies", value: q });
  box.addEventListener("change", () => { location.hash = `companies?q=${encodeURIComponent(box.value)}`; });
  return [
    el("div", { class: "tools" }, box, el("span", { class: "soft" }, `${found.length} shown of ${overview.companies}`)),
    card(null, table(["Company", "Domain", "Where", "Provider", "Mail server", "People"],
      found.map((company) => row([company.name, company.domain, `${company.city}, ${company.country}`, company.provider, tag(company.mx_behavior), String(company.people.length)],
        () => open("company", company.domain, () => companyDetail(company)), chosen === company.domain)),
      "No company is called that.")),
  ];
}

function companyDetail(company) {
  return [
    el("h2", {}, company.name),
    el("p", { class: "soft" }, `${company.industry}, ${company.size} people, ${company.city}`),
    el("dl", {}, el("dt", {}, "Web site"), el("dd", {}, company.site || "none"), el("dt", {}, "Mail server"), el("dd", {}, company.mx_behavior)),
    el("h3", {}, "People"),
    table(["Name", "Position", "Address", "Temper"], company.people.map((person) => row([
      person.name, person.position,
      person.exists ? el("a", { href: `#mailboxes?address=${encodeURIComponent(person.email)}` }, person.email) : el("span", { class: "soft" }, `${person.email} (not there)`),
      `${person.temper}, ${person.language}`])), "Nobody."),
  ];
}

async function showMailboxes() {
  const address = query().get("address");
  if (address) return showMailbox(address);
  const list = (await ask("/mailboxes.json")).mailboxes;
  const line = (box) => row([box.address, Object.entries(box.folders).map(([name, count]) => `${name} ${count}`).join(", ") || "empty"],
    () => { location.hash = `mailboxes?address=${encodeURIComponent(box.address)}`; });
  return [
    card("Yours", table(["Address", "Folders"], list.filter((box) => box.own).map(line), "None.")),
    card("Those of others that hold mail", table(["Address", "Folders"], list.filter((box) => !box.own).map(line), "Nobody has mail yet.")),
  ];
}

async function showMailbox(address) {
  const mailbox = await ask(`/mailbox.json?address=${encodeURIComponent(address)}`);
  const folders = mailbox.folders.filter((folder) => folder.messages.length);
  const letter = (message) => {
    const where = `address=${encodeURIComponent(address)}&folder=${encodeURIComponent(message.folder)}&uid=${message.uid}`;
    const cells = [tight(shown(message.received_at)), isSent(message.folder) ? message.to : message.from, message.subject];
    const line = row(cells, () => open("message", where, () => messageDetail(where, address)), chosen === where);
    if (!message.flags.includes("\\Seen")) line.classList.add("unread");
    return line;
  };
  return [
    el("div", { class: "tools" }, el("a", { href: "#mailboxes" }, "All mailboxes"), el("strong", {}, address)),
    folders.length ? folders.map((folder) => card(folder.name, table(["Received", isSent(folder.name) ? "To" : "From", "Subject"], folder.messages.map(letter), "")))
      : card(null, el("p", { class: "empty" }, "This mailbox is empty.")),
  ];
}

async function showMessages() {
  const list = (await ask("/messages.json?limit=200")).messages.reverse();
  return [card(null, table(["Received", "From", "To", "Subject", "Folder"], list.map((message) => row(
    [tight(shown(message.received_at)), message.mail_from || "<> (notice)", message.rcpt_to, readable(fieldOf(message, "subject")), tag(message.folder || "gone", message.folder === "INBOX" ? "good" : "")],
    () => open("message", `id=${message.id}`, () => messageDetail(`id=${message.id}`, message.rcpt_to)), chosen === `id=${message.id}`)),
  "No message has arrived anywhere yet."))];
}

async function messageDetail(where, address) {
  const message = await ask(`/message.json?${where}`);
  const field = (name) => readable(fieldOf(message, name));
  const force = (label, words) => el("button", { onclick: () => act(() => ask("/force", { address, message_id: fieldOf(message, "message-id") || null, ...words }), label) }, label);
  const own = overview.own_mailboxes.includes(address.toLowerCase());
  return [
    el("h2", {}, field("subject") || "(no subject)"),
    el("dl", {}, el("dt", {}, "From"), el("dd", {}, field("from")), el("dt", {}, "To"), el("dd", {}, field("to")), el("dt", {}, "Date"), el("dd", {}, field("date"))),
    own ? null : [el("h3", {}, "Let the reader"), el("div", { class: "tools" },
      force("open it", { act: "read" }), force("click", { act: "click" }), force("show interest", { act: "reply", answer: "interested" }),
      force("decline", { act: "reply", answer: "not_interested" }), force("be away", { act: "out_of_office" }),
      force("unsubscribe", { act: "unsubscribe", way: "link" }), force("complain", { act: "spam" }), force("bounce", { act: "bounce" }))],
    message.html ? [el("h3", {}, "As a reader sees it"), el("iframe", { sandbox: true, title: "The message", src: `/message.html?${where}` })] : null,
    message.text !== null ? [el("h3", {}, "Text"), el("pre", {}, message.text)] : null,
    message.conversations.map((session, at) => el("details", { open: at === message.conversations.length - 1 },
      el("summary", {}, `SMTP with ${session.server} (${session.address})`), conversation(session.lines))),
    el("details", {}, el("summary", {}, "Headers"), el("pre", {}, message.headers.map(([name, value]) => `${name}: ${value}`).join("\n"))),
    el("p", {}, el("a", { href: `/message.eml?${where}`, target: "_blank", rel: "noopener" }, "The message as it is")),
  ];
}

function conversation(lines) {
  return el("pre", {}, lines.map((line) => el("span", { class: line[0] === "C" ? "C" : line[0] === "S" ? "S" : "N" }, `${line}\n`)));
}

async function showPeople() {
  const people = await ask("/people.json?limit=100");
  return [
    card("Will do", acts(people.waiting, false)),
    card("Did", acts(people.done, true)),
    card("Pages they asked for", table(["Status", "Request", "As"], people.visits.map((visit) => row([
      tag(visit.status || "none", visit.status >= 200 && visit.status < 400 ? "good" : "bad"), `${visit.method} ${visit.url}`, el("span", { class: "soft" }, visit.user_agent.slice(0, 60))])), "None.")),
  ];
}

async function showDns() {
  const log = await ask("/dns.json?limit=200");
  return [
    el("p", { class: "soft" }, Object.entries(log.counts).map(([name, count]) => `${name} ${count}`).join(", ")),
    card(null, table(["When", "Client", "Over", "Name", "Type", "Answer"], log.queries.map((asked) => row([
      tight(shown(asked.at)), asked.client_ip, asked.transport, asked.name, asked.type, tag(asked.outcome, asked.outcome === "NOERROR" ? "good" : "bad")])),
    `Nobody has asked yet. Try: dig @${overview.dns.split(":")[0]} -p ${overview.dns.split(":")[1]} a-domain MX`)),
  ];
}

async function showSmtp() {
  const sessions = (await ask("/sessions.json?limit=60")).sessions;
  return [card(null, table(["When", "Server", "Client", "User", "Messages"], sessions.map((session) => row(
    [tight(shown(session.started_at)), session.server, session.client_ip, session.user, String(session.messages)],
    () => open("session", session.number, () => [el("h2", {}, session.server), el("p", { class: "soft" }, `${session.address}, session ${session.number}${session.tls ? ", TLS" : ""}`), conversation(session.lines)]),
    chosen === session.number)), "No session yet."))];
}

async function showWeb() {
  const hosts = Object.entries((await ask("/crawl.json")).hosts);
  return [card(null, table(["Host", "Requests", "robots.txt", "Forbidden", "Too fast", "At once"], hosts.map(([host, count]) => row([
    host, String(count.requests), String(count.robots_fetched), String(count.forbidden), String(count.hasty), String(count.most_at_once)])), "Nobody has visited a site yet."))];
}

async function open(kind, key, make) {
  chosen = key;
  try {
    detail.replaceChildren(el("div", { class: "card" }, el("div", { class: "tools" }, el("button", { onclick: close }, "Close")), ...(await make()).flat(3).filter(Boolean)));
    detail.hidden = false;
    detail.parentElement.classList.add("split");
    await draw(true);
  } catch (error) {
    say(error.message, true);
  }
}

function close() {
  chosen = null;
  detail.hidden = true;
  detail.parentElement.classList.remove("split");
}

async function act(work, label) {
  try {
    await work();
    say(`Done: ${label}.`);
    await draw(true);
  } catch (error) {
    say(error.message, true);
  }
}

async function move(words) {
  const buttons = [...document.querySelectorAll(".moves button")];
  buttons.forEach((button) => { button.disabled = true; });
  say("Time passes …");
  try {
    const answer = await ask("/clock", words);
    say(answer.idle ? `It is ${shown(answer.now)} now, and all that was due has happened.` : `It is ${shown(answer.now)} now; some work is still going on.`);
  } catch (error) {
    say(error.message, true);
  }
  buttons.forEach((button) => { button.disabled = false; });
  await draw(true);
}

// Redrawn only when something is different, so that a selection or a scroll position stays.
async function draw(force) {
  const name = VIEWS[path()] ? path() : "overview";
  overview = await ask("/overview.json");
  document.getElementById("now").textContent = `${shown(overview.now)} UTC`;
  document.getElementById("speed").textContent = overview.speed === 1 ? "" : `× ${overview.speed}`;
  document.getElementById("tabs").replaceChildren(...Object.entries(VIEWS).map(([key, [label]]) =>
    el("a", { href: `#${key}`, "aria-current": key === name ? "page" : null }, label)));
  const state = JSON.stringify([location.hash, overview.counts, overview.next_due, overview.waiting_acts, overview.waiting_mail, chosen]);
  if (!force && state === drawn) return;
  const content = await VIEWS[name][1]();
  if (VIEWS[path()] && path() !== name) return;
  drawn = state;
  view.replaceChildren(...content.flat(3).filter(Boolean));
}

async function follow() {
  try {
    await draw(false);
    if (notice.textContent.startsWith("The sandbox does not answer")) say("");
  } catch (error) {
    say(`The sandbox does not answer: ${error.message}`, true);
  }
  setTimeout(follow, REFRESH_MS);
}

document.querySelectorAll(".moves button[data-seconds]").forEach((button) =>
  button.addEventListener("click", () => move({ advance_seconds: Number(button.dataset.seconds) })));
document.getElementById("next").addEventListener("click", () =>
  overview && overview.next_due ? move({ to: overview.next_due.replace("Z", ".999Z") }) : say("Nothing waits."));
// A message can be linked to: #messages?id=7
async function visit() {
  close();
  say("");
  await draw(true);
  const id = path() === "messages" ? query().get("id") : null;
  if (!id) return;
  const where = `id=${encodeURIComponent(id)}`;
  await open("message", where, async () => messageDetail(where, (await ask(`/message.json?${where}`)).rcpt_to));
}

window.addEventListener("hashchange", () => visit().catch((error) => say(error.message, true)));
visit().catch(() => {}).then(follow);
