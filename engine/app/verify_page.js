// The page: reads what was pasted or opened, shows the verdict and what the receipt says. Texts
// from the receipt only ever become text nodes.

const SHOWN_MAX = 200; // Winners and re-draws listed; the receipt has them all.
const element = (id) => document.getElementById(id);
let language = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
let shown = null; // The result on the page.
let run = 0; // A check that was overtaken by another says nothing.

const say = (name, ...args) => tell(message(WORDS[language][name], ...args));
const sayFinding = (told) => tell(told, language === "zh" ? FINDINGS_ZH : {});

function make(tag, text, className) {
  const node = document.createElement(tag);
  node.textContent = text;
  node.className = className ?? "";
  return node;
}

function showVerdict(kind, title, lines) {
  const box = element("verdict");
  box.className = `verdict ${kind}`;
  box.replaceChildren(make("strong", title));
  if (lines.length === 1) {
    box.append(make("p", lines[0]));
  } else if (lines.length > 1) {
    const list = make("ul", "");
    list.append(...lines.map((line) => make("li", line)));
    box.append(list);
  }
  box.hidden = false;
}

function addFact(list, name, text, className) {
  const row = make("div", "");
  row.append(make("dt", say(name)), ...[text].flat().map((line) => make("dd", line, className)));
  list.append(row);
}

function showProofs(doc) {
  const list = element("proofs");
  list.replaceChildren();
  if (doc.kind === "rfc3797") {
    addFact(list, "numbers", [doc.key, ...doc.sources]);
  } else {
    addFact(list, "commitment", doc.commitment, "code");
  }
  addFact(list, "drawHash", doc.drawHash, "code");
}

// Who stands at each place now, after the re-draws.
function currentWinners(doc) {
  const winners = [...doc.winners];
  doc.redrawNodes.forEach((redraw) => {
    winners[redraw[0]] = redraw[3];
  });
  return winners;
}

function showWinners(doc) {
  const winners = currentWinners(doc);
  element("winners").replaceChildren(...winners.slice(0, SHOWN_MAX).map((id) => make("li", id)));
  element("more").textContent = winners.length === 0 ? say("noWinners")
    : winners.length > SHOWN_MAX ? say("more", winners.length - SHOWN_MAX) : "";
}

function prizeLines(doc) {
  const lines = doc.prizes.map((prize, t) =>
    say("prize", prize, doc.wheel.tiers[t].odds / 10000, doc.wheel.tiers[t].stock));
  return [...lines, say("consolation", doc.consolation)];
}

function showDetails(doc) {
  const list = element("details");
  list.replaceChildren();
  addFact(list, "id", doc.id);
  addFact(list, "kind", WORDS[language].kinds[doc.kind]);
  if (doc.text !== "") {
    addFact(list, "rules", doc.text);
  }
  if (doc.kind === "wheel") {
    addFact(list, "prizes", prizeLines(doc));
  }
  if (isGame(doc.kind)) {
    addFact(list, "plays", doc.plays.length);
  } else {
    addFact(list, "entrants", doc.entrants.length);
  }
  addFact(list, "excluded", doc.excluded.length);
  if (doc.redrawNodes.length > 0) {
    addFact(list, "redraws", doc.redrawNodes.slice(0, SHOWN_MAX).map((redraw) =>
      say("replaced", redraw[1], redraw[2], redraw[3])));
  }
}

function foundLines(doc, id) {
  const lines = [];
  currentWinners(doc).forEach((winner, i) => {
    if (winner === id) {
      lines.push(say("wonPlace", id, i + 1));
    }
  });
  if (isGame(doc.kind)) {
    const count = doc.plays.filter((play) => play.member === id).length;
    if (count > 0) {
      lines.push(say("played", id, count));
    }
  } else if (doc.entrants.includes(id)) {
    const index = doc.entrants.indexOf(id);
    lines.push(say("entrant", id, index + 1, doc.entrants.length));
    if (hasWeights(doc)) {
      lines.push(say("weight", doc.values[index]));
    }
  }
  doc.excluded.filter((pair) => pair[0] === id).forEach((pair) => {
    lines.push(say("excludedWhy", id, pair[1]));
  });
  return lines.length > 0 ? lines : [say("notThere", id)];
}

function showFound() {
  const id = element("who").value.trim();
  const lines = id === "" || !shown?.verified ? [] : foundLines(shown.doc, id);
  element("found").replaceChildren(...lines.map((line) => make("span", `${line} `)));
}

function showResult() {
  if (!shown) {
    return;
  }
  // The last line is the whole in words; what is no receipt has a title of its own.
  const { doc, lines, verified } = shown;
  const readable = doc.plays !== undefined && doc.redraws !== undefined;
  const title = verified ? "good" : readable ? "bad" : "unread";
  showVerdict(verified ? "good" : "bad", say(title), lines.map(sayFinding));
  // Of an altered receipt nothing is shown as if it were so.
  element("facts").hidden = !verified;
  if (verified) {
    showProofs(doc);
    showWinners(doc);
    showDetails(doc);
    showFound();
  }
}

async function check(bytes) {
  const mine = ++run;
  shown = null;
  element("facts").hidden = true;
  if (!globalThis.crypto?.subtle) {
    showVerdict("bad", say("insecure"), []);
    return;
  }
  showVerdict("", say("working"), []);
  await new Promise((resolve) => {
    setTimeout(resolve, 20); // So that "computing" is painted.
  });
  try {
    const result = await verifyReceipt(bytes);
    if (mine === run) {
      shown = result;
      showResult();
    }
  } catch (error) {
    if (mine === run) {
      showVerdict("bad", say("failed", String(error)), []);
    }
  }
}

function checkPasted() {
  const text = element("text").value;
  if (text.trim() === "") {
    showVerdict("", say("empty"), []);
    return;
  }
  check(utf8(text));
}

async function checkOpened(file) {
  element("text").value = "";
  element("text").placeholder = file.name;
  check(new Uint8Array(await file.arrayBuffer()));
}

// A link may carry a receipt: verify.html#receipt=...
function checkLink() {
  const prefix = "#receipt=";
  if (location.hash.startsWith(prefix)) {
    try {
      element("text").value = decodeURIComponent(location.hash.slice(prefix.length));
    } catch {
      element("text").value = location.hash.slice(prefix.length);
    }
    checkPasted();
  }
}

function setLanguage(next) {
  language = next;
  document.documentElement.lang = next === "zh" ? "zh-CN" : "en";
  document.title = say("title");
  element("language").textContent = say("other");
  for (const node of document.querySelectorAll("[data-say]")) {
    node.textContent = say(node.dataset.say);
  }
  showResult();
}

element("check").addEventListener("click", checkPasted);
element("who").addEventListener("input", showFound);
element("language").addEventListener("click", () => setLanguage(language === "zh" ? "en" : "zh"));
element("file").addEventListener("change", (event) => {
  if (event.target.files.length > 0) {
    checkOpened(event.target.files[0]);
    event.target.value = "";
  }
});
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  if (event.dataTransfer.files.length > 0) {
    checkOpened(event.dataTransfer.files[0]);
  }
});
addEventListener("hashchange", checkLink);
setLanguage(language);
checkLink();
