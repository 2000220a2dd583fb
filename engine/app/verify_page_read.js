// Reads a receipt's JSON: shapes and ranges, in the words of engine/rules/receipt_read.c. What is
// read comes into `doc` bit by bit, so that a broken receipt can still be looked at.

const U32_MAX = 2 ** 32 - 1;
const INT_MAX = 2 ** 53; // What every JSON reader keeps.
const TIERS_MAX = 64;
const KINDS = ["k_of_n", "weighted", "stratified", "nth", "fairy", "rfc3797", "wheel", "envelope"];
const TIE_RULE = "time, then HMAC-SHA-256(key, id)";
const isGame = (kind) => kind === "wheel" || kind === "envelope";
const hasWeights = (doc) => doc.kind === "weighted" || (doc.kind === "fairy" && doc.weighted);

const isInt = (value) => typeof value === "number" || typeof value === "bigint";
const isText = (value) => typeof value === "string";
const TYPES = {
  int: [isInt, "a whole number"],
  text: [isText, "a text"],
  list: [Array.isArray, "a list"],
  object: [(value) => value instanceof Map, "an object"],
};

// Whole numbers that no JSON reader keeps come as reals.
const typeWords = (value, type) => (type === "int" && value instanceof Real
  && Math.abs(value.value) >= INT_MAX ? "within 2^53" : TYPES[type][1]);

function readField(object, name, type) {
  const value = object.get(name);
  if (value === undefined) {
    refuse("invalid", "{0}: is missing", name);
  }
  if (!TYPES[type][0](value)) {
    refuse("invalid", "{0}: is not {1}", name, typeWords(value, type));
  }
  return value;
}

function checkInt(value, name, min, max) {
  if (!isInt(value)) {
    refuse("invalid", "{0}: is not a whole number", name);
  }
  if (value < min || value > max) {
    refuse("invalid", "{0}: {1} is not in {2} .. {3}", name, value, min, max);
  }
  return Number(value);
}

const readInt = (object, name, min, max) =>
  checkInt(readField(object, name, "int"), name, min, max);

function checkText(value, name) {
  if (!isText(value) || value.includes("\0")) {
    refuse("invalid", "{0}: is not a text without NUL", name);
  }
  return value;
}

const readText = (object, name) => checkText(readField(object, name, "text"), name);
const readTexts = (object, name) =>
  readField(object, name, "list").map((value) => checkText(value, name));

function readHash(object, name) {
  const value = readField(object, name, "text");
  if (!isHex(value, 32)) {
    refuse("invalid", "{0}: is not 64 hex digits", name);
  }
  return value.toLowerCase();
}

function checkBool(value, name) {
  if (value !== true && value !== false) {
    refuse("invalid", "{0}: is not true or false", name);
  }
  return value;
}

// A list whose elements are all of one type.
function readFlat(object, name, type, count) {
  const list = readField(object, name, "list");
  if (count !== undefined && list.length !== count) {
    refuse("invalid", "{0}: {1} elements instead of {2}", name, list.length, count);
  }
  list.forEach((value, i) => {
    if (!TYPES[type][0](value)) {
      refuse("invalid", "{0}[{1}]: is not {2}", name, i, typeWords(value, type));
    }
  });
  return list;
}

function readEntrants(doc) {
  doc.entrants = readFlat(doc.drawNode, "entrants", "text");
  if (doc.kind === "stratified") {
    doc.strata = readFlat(doc.drawNode, "strata", "int", doc.entrants.length);
  } else if (doc.kind === "nth" || hasWeights(doc)) {
    const name = doc.kind === "nth" ? "times" : "weights";
    doc.values = readFlat(doc.drawNode, name, "int", doc.entrants.length);
  }
}

function readEntrantRules(doc) {
  const rules = doc.rules;
  if (doc.kind === "stratified") {
    doc.groups = readTexts(rules, "groups");
    doc.quotas = readFlat(rules, "quotas", "int", doc.groups.length)
      .map((quota) => checkInt(quota, "quotas", 0, U32_MAX));
    doc.winnerCount = Math.min(doc.quotas.reduce((sum, quota) => sum + quota, 0), U32_MAX);
    return;
  }
  if (doc.kind === "nth") {
    doc.place = readInt(rules, "place", 0, U32_MAX);
    doc.winnerCount = 1;
    return;
  }
  if (doc.kind === "weighted") {
    doc.replacement = checkBool(rules.get("replacement"), "replacement");
  } else if (doc.kind === "fairy") {
    doc.weighted = readField(rules, "weighting", "text") === "amount";
  } else if (doc.kind === "rfc3797") {
    doc.sources = readTexts(rules, "sources");
  }
  doc.winnerCount = readInt(rules, "winners", 0, U32_MAX);
}

function readTiers(doc, count) {
  const odds = readFlat(doc.drawNode, "odds", "int", count);
  const stock = readFlat(doc.drawNode, "stock", "int", count);
  const dayMax = readFlat(doc.rules, "day_max", "int", count);
  const paced = readField(doc.rules, "paced", "list");
  if (paced.length !== count) {
    refuse("invalid", "paced: {0} elements instead of {1}", paced.length, count);
  }
  return odds.map((value, t) => ({
    odds: checkInt(value, "odds", 0, U32_MAX),
    paced: checkBool(paced[t], "paced"),
    stock: stock[t],
    day_max: dayMax[t],
  }));
}

const WHEEL_INTS = ["open_ms", "slot_count", "slot_ms", "spins_per_day", "spins_per_member",
  "wins_per_day", "wins_per_member"];

function readWheel(doc) {
  doc.prizes = readTexts(doc.drawNode, "prizes");
  const count = doc.prizes.length;
  if (count < 1 || count > TIERS_MAX) {
    refuse("invalid", "prizes: {0} are not 1 .. {1}", count, TIERS_MAX);
  }
  doc.consolation = readText(doc.rules, "consolation");
  const wheel = { day_offset_s: readInt(doc.rules, "day_offset_s", -(2 ** 31), 2 ** 31 - 1) };
  for (const name of WHEEL_INTS) {
    wheel[name] = readInt(doc.rules, name, -INT_MAX, INT_MAX);
  }
  wheel.tiers = readTiers(doc, count);
  doc.wheel = wheel;
}

function readEnvelope(doc) {
  doc.envelope = { drama: readInt(doc.rules, "drama", 0, U32_MAX) };
  doc.envelopeCount = readInt(doc.rules, "envelopes", 0, U32_MAX);
  doc.envelope.count = readInt(doc.rules, "parts", 0, U32_MAX);
  doc.envelope.sum = readInt(doc.rules, "sum", 0, INT_MAX);
}

function readExcluded(doc) {
  doc.excluded = readField(doc.drawNode, "excluded", "list").map((pair, i) => {
    if (!Array.isArray(pair) || pair.length !== 2 || !pair.every(isScalar)) {
      refuse("invalid", "excluded[{0}]: is not a pair", i);
    }
    return inContext(message("excluded[{0}]", i), () =>
      [checkText(pair[0], "id"), checkText(pair[1], "reason")]);
  });
}

function readDraw(doc) {
  const kind = readField(doc.drawNode, "kind", "text");
  doc.rules = readField(doc.drawNode, "rules", "object");
  if (!KINDS.includes(kind)) {
    refuse("invalid", "kind: unknown");
  }
  doc.kind = kind;
  doc.id = readText(doc.drawNode, "id");
  doc.text = readText(doc.rules, "text");
  readExcluded(doc);
  if (kind !== "rfc3797") {
    doc.commitment = readHash(doc.drawNode, "commitment");
  }
  if (kind === "wheel") {
    readWheel(doc);
  } else if (kind === "envelope") {
    readEnvelope(doc);
  } else {
    readEntrantRules(doc);
    readEntrants(doc);
  }
}

const isScalar = (value) => value === null || typeof value !== "object" || value instanceof Real;

function readPlay(doc, value, index) {
  if (!Array.isArray(value) || value.length !== 5 || !value.every(isScalar)) {
    refuse("invalid", "is not a list of 5 values");
  }
  const number = checkInt(value[0], "number", 0, U32_MAX);
  if (doc.kind === "envelope") {
    return {
      envelope: number,
      place: checkInt(value[1], "place", 0, U32_MAX),
      member: checkText(value[2], "member"),
      atMs: checkInt(value[3], "at_ms", 0, INT_MAX),
      amount: checkInt(value[4], "amount", 0, INT_MAX),
    };
  }
  if (number !== index) {
    refuse("invalid", "number: {0} instead of {1}", number, index);
  }
  const play = {
    member: checkText(value[1], "member"),
    atMs: checkInt(value[2], "at_ms", 0, INT_MAX),
    prize: checkInt(value[3], "prize", -1, TIERS_MAX),
    reason: value[4],
  };
  if (!WHEEL_REASONS.includes(play.reason)) {
    refuse("invalid", "reason: unknown");
  }
  return play;
}

function readRedraws(doc) {
  doc.redraws = doc.redrawNodes.map((value, i) => {
    if (!Array.isArray(value) || value.length !== 4 || !value.every(isScalar)) {
      refuse("invalid", "redraws[{0}]: is not a list of 4 values", i);
    }
    return inContext(message("redraws[{0}]", i), () => ({
      place: checkInt(value[0], "place", 0, U32_MAX),
      reason: checkText(value[2], "reason"),
    }));
  });
}

function readBody(doc) {
  const body = doc.body;
  doc.drawNode = readField(body, "draw", "object");
  doc.playNodes = readField(body, "plays", "list");
  doc.redrawNodes = readField(body, "redraws", "list");
  doc.seedText = readField(body, "seed", "text");
  doc.winners = readFlat(body, "winners", "text");
  doc.drawHash = readHash(body, "draw_hash");
  inContext(message("draw"), () => readDraw(doc));
  if (doc.kind === "rfc3797") {
    doc.key = readText(body, "seed");
  } else if (isHex(doc.seedText, 32)) {
    doc.seed = unhex(doc.seedText);
  } else {
    refuse("invalid", "seed: is not 64 hex digits");
  }
  doc.plays = doc.playNodes.map((value, i) =>
    inContext(message("plays[{0}]", i), () => readPlay(doc, value, i)));
  readRedraws(doc);
}

function readReceipt(doc, bytes) {
  doc.root = parseJson(bytes);
  if (!(doc.root instanceof Map)) {
    refuse("invalid", "not a receipt: is not an object");
  }
  readInt(doc.root, "receipt", 1, 1);
  doc.body = readField(doc.root, "body", "object");
  doc.marks = readField(doc.root, "marks", "object");
  doc.hash = readHash(doc.root, "hash");
  inContext(message("body"), () => readBody(doc));
}
