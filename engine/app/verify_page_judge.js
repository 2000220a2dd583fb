// Judges a receipt as engine/rules/receipt_verify.c does, line for line. It is right when writing it
// again from what it says gives the same bytes; only else the marks are asked what was altered.

const FINDINGS_MAX = 40;

class Judge {
  constructor(doc) {
    this.doc = doc;
    this.lines = [];
    this.findings = 0;
  }

  find(text, ...args) {
    if (this.findings++ < FINDINGS_MAX) {
      this.lines.push(message(text, ...args));
    }
  }

  full() {
    return this.findings > FINDINGS_MAX;
  }

  elementName(name, field, index, key) {
    if (field instanceof Map) {
      return message("the rule '{0}'", key);
    }
    const { entrants, prizes } = this.doc;
    const words = ELEMENT_WORDS[name];
    if (!words) {
      return message("element {0} of '{1}'", index + 1, name);
    }
    const plain = message(words[0], index + 1);
    if (words[1] === "entrants" && entrants && index < entrants.length) {
      return message("{0} ('{1}')", plain, entrants[index]);
    }
    if (words[1] === "prizes" && prizes && index < prizes.length) {
      return message("{0} ('{1}')", plain, prizes[index]);
    }
    return plain;
  }

  // The numbers of public sources against a mark for each source.
  numbers(key, marks, what) {
    const given = numbersOf(key);
    const parts = given.filter((part) => part.endsWith("/")).length;
    const marked = Math.floor(byteSize(marks) / 4);
    for (let i = 0; i < marked && !this.full(); i++) {
      if (given[i] !== undefined && mark(given[i]) === marks.slice(4 * i, 4 * i + 4)) {
        continue;
      }
      const plain = message("the numbers of source {0}", i + 1);
      const { sources } = this.doc;
      const source = sources && i < sources.length ? message("{0} ('{1}')", plain, sources[i])
        : plain;
      this.find(given[i] === undefined ? "{0} were taken out"
        : parts === marked ? "{0} were altered" : "{0} were altered, put in or taken out",
      message(what, source));
      if (parts !== marked) {
        break;
      }
    }
    if (parts !== marked) {
      this.find("{0}: numbers of {1} sources, but there were {2}", message(what, "seed"), parts,
        marked);
    } else if (given.length > marked) {
      this.find("{0} was altered", message(what, message("the field '{0}'", "seed")));
    }
  }

  // A list or object against its string of marks.
  elements(name, field, marks, what) {
    const marked = Math.floor(byteSize(marks) / 4);
    const entries = field instanceof Map ? [...field] : field.map((value) => [null, value]);
    for (let i = 0; i < entries.length && i < marked && !this.full(); i++) {
      if (mark(entries[i][1]) === marks.slice(4 * i, 4 * i + 4)) {
        continue;
      }
      const element = message(what, this.elementName(name, field, i, entries[i][0]));
      if (entries.length === marked) {
        this.find("{0} was altered", element);
        continue;
      }
      this.find("{0} was altered, put in or taken out before", element);
      break; // Everything behind it has moved.
    }
    if (entries.length !== marked) {
      this.find("{0}: {1}, but there were {2}", message(what, name), entries.length, marked);
    }
  }

  // `right`: the values agree with their hash, so it is the marks that were altered.
  fields(values, marks, right) {
    const what = right ? "the mark of {0}" : "{0}";
    for (const [name, value] of values) {
      const marked = marks.get(name);
      if (value === this.doc.drawNode) {
        continue; // Has marks of its own.
      }
      if (marked === undefined) {
        this.find("the field '{0}' was put in, or its marks taken out", name);
      } else if (!isText(marked) || byteSize(marked) % 4 !== 0) {
        this.find("the marks of '{0}' were altered", name);
      } else if (this.doc.kind === "rfc3797" && values === this.doc.body && name === "seed"
        && isText(value)) {
        this.numbers(value, marked, what);
      } else if (Array.isArray(value) || value instanceof Map) {
        this.elements(name, value, marked, what);
      } else if (marked !== mark(value)) {
        this.find("{0} was altered", message(what, message("the field '{0}'", name)));
      }
    }
    for (const name of marks.keys()) {
      if (byteSize(name) < 64 && !values.has(name)) {
        this.find("the field '{0}' was taken out, or marks for it put in", name);
      }
    }
  }

  // Which single byte, put back, gives the commitment?
  async seed() {
    const { seed, commitment } = this.doc;
    if (hex(await sha256(seed)) === commitment) {
      return true;
    }
    for (let at = 0; at < seed.length; at++) {
      const tries = await Promise.all(Array.from({ length: 256 }, (_, byte) => {
        const other = seed.slice();
        other[at] = byte;
        return sha256(other);
      }));
      const byte = tries.findIndex((hash) => hex(hash) === commitment);
      if (byte >= 0) {
        this.find("byte {0} of the seed was altered: {1} instead of {2}", at + 1, hex([seed[at]]),
          hex([byte]));
        return false;
      }
    }
    this.find("the seed is not the one that was committed to");
    return false;
  }

  async winners() {
    const { doc } = this;
    if (doc.winners.length !== doc.winnerCount) {
      this.find("winners: {0}, but the rules say {1}", doc.winners.length, doc.winnerCount);
      return;
    }
    const picks = await pick(doc, doc.drawHash);
    for (let i = 0; i < picks.winners.length && !this.full(); i++) {
      const real = doc.entrants[picks.winners[i]];
      if (doc.winners[i] !== real) {
        this.find("winner {0} is '{1}', but the draw gives '{2}'", i + 1, doc.winners[i], real);
      }
    }
    for (let r = 0; r < doc.redrawNodes.length && !this.full(); r++) {
      const node = doc.redrawNodes[r];
      if (node[1] !== doc.entrants[picks.replaced[r]]) {
        this.find("re-draw {0} doesn't replace who stood at its place", r + 1);
      }
      const real = doc.entrants[picks.replacements[r]];
      if (node[3] !== real) {
        this.find("re-draw {0}: the draw gives '{1}'", r + 1, real);
      }
    }
  }

  async outcome() {
    try {
      await (isGame(this.doc.kind) ? runGame(this.doc, this.doc.drawHash) : this.winners());
    } catch (error) {
      this.refusal(error);
    }
  }

  refusal(error) {
    if (!(error instanceof Refused)) {
      throw error;
    }
    this.find("{0}", error.told);
  }

  hashFinding(text) {
    this.find(text, this.findings > 0 ? message("it was made before the alteration")
      : message("one of the two was altered"));
  }

  async all(refused) {
    const { doc } = this;
    const drawRight = hex(await sha256(utf8(canonical(doc.drawNode)))) === doc.drawHash;
    const bodyRight = hex(await sha256(utf8(canonical(doc.body)))) === doc.hash;
    const drawMarks = doc.marks.get("draw");
    if (drawMarks instanceof Map) {
      this.fields(doc.drawNode, drawMarks, drawRight);
    } else {
      this.find("the marks of 'draw' were taken out");
    }
    const seedRight = doc.kind === "rfc3797" || (await this.seed());
    // What the writer refuses (an entrant twice, weight 0) can't be recomputed.
    const sound = !refused || refused.kind === "corrupt";
    if (drawRight && seedRight && sound) {
      await this.outcome();
    }
    this.fields(doc.body, doc.marks, bodyRight);
    if (!drawRight) {
      this.hashFinding("draw_hash is not the hash of the draw: {0}");
    }
    if (!bodyRight) {
      this.hashFinding("hash is not the hash of the body: {0}");
    }
    if (!sound) {
      this.find("{0}", refused.told);
    }
    if (this.findings === 0) {
      this.find("the receipt has fields or bytes that don't belong there");
    }
  }

  unread(error) {
    this.refusal(error);
    const { drawNode, marks } = this.doc;
    if (drawNode && marks && marks.get("draw") instanceof Map) {
      this.fields(drawNode, marks.get("draw"), false);
    }
  }
}

const ELEMENT_WORDS = {
  weights: ["the weight of entrant {0}", "entrants"],
  strata: ["the group of entrant {0}", "entrants"],
  times: ["the time of entrant {0}", "entrants"],
  entrants: ["entrant {0}", "entrants"],
  odds: ["the odds of prize {0}", "prizes"],
  stock: ["the stock of prize {0}", "prizes"],
  prizes: ["prize {0}", "prizes"],
  excluded: ["exclusion {0}"],
  plays: ["play {0}"],
  winners: ["winner {0}"],
  redraws: ["re-draw {0}"],
};

function verifiedLine(doc) {
  const counts = isGame(doc.kind)
    ? message("{0} plays, {1} winners", doc.plays.length, doc.winners.length)
    : message("{0} winners of {1} entrants, {2} re-draws", doc.winners.length,
      doc.entrants.length, doc.redraws.length);
  const proof = doc.kind === "rfc3797" ? message("numbers {0}", doc.key)
    : message("commitment {0}", doc.commitment);
  return message("verified: {0} '{1}', {2}; {3}, draw hash {4}", doc.kind, doc.id, counts, proof,
    doc.drawHash);
}

// { verified, lines, doc }; the last line is the whole in words. Never throws for what it is given.
async function verifyReceipt(bytes) {
  const doc = {};
  const judge = new Judge(doc);
  try {
    readReceipt(doc, bytes);
  } catch (error) {
    judge.unread(error);
    judge.lines.push(message("NOT verified: no receipt can be read from it"));
    return { verified: false, lines: judge.lines, doc };
  }
  let refused = null;
  let written = null;
  // A list that states fewer winners than the rules would otherwise cost a draw of millions.
  if (isGame(doc.kind) || doc.winnerCount === doc.winners.length) {
    try {
      written = await writeReceipt(doc);
    } catch (error) {
      if (!(error instanceof Refused)) {
        throw error;
      }
      refused = error;
    }
  }
  if (written !== null && written === canonical(doc.root)) {
    judge.lines.push(verifiedLine(doc));
    return { verified: true, lines: judge.lines, doc };
  }
  await judge.all(refused);
  judge.lines.push(judge.findings === 1 ? message("NOT verified: {0} finding", 1)
    : message("NOT verified: {0} findings", judge.findings));
  return { verified: false, lines: judge.lines, doc };
}

// A message as text. `words` translates templates; texts out of the receipt are made one line.
function tell(told, words = {}) {
  if (typeof told !== "object" || told === null) {
    return String(told).split("\0")[0].replace(/[\u0000-\u001f\u007f]/g, " ");
  }
  const template = words[told.text] ?? told.text;
  return template.replace(/\{(\d)\}/g, (_, index) => tell(told.args[index], words));
}
