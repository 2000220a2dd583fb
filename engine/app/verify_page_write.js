// Writes a receipt again from what it says, recomputing everything: the counterpart of
// engine/rules/receipt.c, receipt_draw.c, receipt_pick.c and receipt_game.c.

const ID_MAX = 256;
const TEXT_MAX = 65536;
const COUNT_MAX = 1e12;
const PARTS_MAX = 1000000;

function checkSize(name, text, max) {
  const size = byteSize(text);
  if (size > max) {
    refuse("invalid", "{0}: {1} bytes, at most {2}", name, size, max);
  }
}

// ---- the frozen part

function checkList(name, texts) {
  if (texts.length < 1 || texts.length > 100000) {
    refuse("invalid", "{0}: {1} is not in 1 .. {2}", name, texts.length, 100000);
  }
  texts.forEach((text, i) =>
    inContext(message("{0}[{1}]", name, i), () => checkSize("name", text, TEXT_MAX)));
}

function checkRange(name, value, max) {
  if (value < 0 || value > max) {
    refuse("invalid", "{0}: {1} is not in 0 .. {2}", name, value, max);
  }
}

function checkWheel(wheel) {
  if (Math.abs(wheel.day_offset_s) > 86400) {
    refuse("invalid", "day_offset_s: {0} is more than a day", wheel.day_offset_s);
  }
  for (const name of ["spins_per_member", "spins_per_day", "wins_per_member", "wins_per_day",
    "slot_ms"]) {
    checkRange(name, wheel[name], COUNT_MAX);
  }
  checkRange("slot_count", wheel.slot_count, 100000);
  if ((wheel.slot_ms === 0) !== (wheel.slot_count === 0)) {
    refuse("invalid", "slot_count: slots need both a length and a number");
  }
  let odds = 0;
  wheel.tiers.forEach((tier, t) => {
    inContext(message("tiers[{0}]", t), () => {
      checkRange("odds", tier.odds, 1000000);
      checkRange("stock", tier.stock, COUNT_MAX);
      checkRange("day_max", tier.day_max, COUNT_MAX);
    });
    if (tier.paced && wheel.slot_ms === 0) {
      refuse("invalid", "tiers[{0}].paced: the wheel has no time slots", t);
    }
    odds += tier.odds;
  });
  if (odds > 1000000) {
    refuse("invalid", "tiers: their odds add up to {0} of 1,000,000", odds);
  }
}

function checkEnvelope(doc) {
  const { sum, count, drama } = doc.envelope;
  if (count < 1 || count > 65535) {
    refuse("invalid", "count: {0} is not in 1 .. {1}", count, 65535);
  }
  if (sum < count || sum > COUNT_MAX) {
    refuse("invalid", "sum: {0} is not in {1} .. 10^12 (one unit for each taker)", sum, count);
  }
  if (drama > 100) {
    refuse("invalid", "drama: {0} is not in 0 .. 100", drama);
  }
  const parts = count * doc.envelopeCount;
  if (parts < 1 || parts > PARTS_MAX) {
    refuse("invalid", "envelopes: {0} parts are not in 1 .. {1}", parts, PARTS_MAX);
  }
}

function checkCount(doc) {
  const n = doc.entrants.length;
  if (doc.kind === "nth") {
    if (doc.place < 1 || doc.place > n) {
      refuse("refused", "place: {0} of only {1} likes", doc.place, n);
    }
    return;
  }
  if (n === 0) {
    refuse("refused", "entrants: there are none");
  }
  const most = doc.kind === "weighted" && doc.replacement ? 100000000 : n;
  if (doc.winnerCount < 1 || doc.winnerCount > most) {
    refuse("refused", "winners: {0} of {1} entrants", doc.winnerCount, n);
  }
}

function checkDraw(doc) {
  checkSize("id", doc.id, ID_MAX);
  checkSize("text", doc.text, TEXT_MAX);
  if (doc.excluded.length > 10000000) {
    refuse("limit", "excluded: more than {0}", 10000000);
  }
  if (doc.kind === "wheel") {
    checkWheel(doc.wheel);
    checkList("prizes", doc.prizes);
    checkSize("consolation", doc.consolation, TEXT_MAX);
  } else if (doc.kind === "envelope") {
    checkEnvelope(doc);
  } else {
    const most = doc.kind === "rfc3797" ? 65535 : 100000000;
    if (doc.entrants.length > most) {
      refuse("limit", "entrants: {0} are more than {1}", doc.entrants.length, most);
    }
    if (doc.kind === "stratified") {
      checkList("groups", doc.groups);
    } else if (doc.kind === "rfc3797") {
      checkList("sources", doc.sources);
    }
    checkCount(doc);
  }
}

function checkEntrants(doc) {
  doc.entrants.forEach((id, i) => {
    const size = byteSize(id);
    if (size < 1 || size > ID_MAX) {
      refuse("invalid", "entrants[{0}]: an id of {1} bytes, not 1 .. {2}", i, size, ID_MAX);
    }
    if (id.includes("\0")) {
      refuse("invalid", "entrants[{0}]: not valid UTF-8", i);
    }
    const order = i === 0 || doc.kind === "rfc3797" ? -1 : compareBytes(doc.entrants[i - 1], id);
    if (order >= 0) {
      refuse("invalid", order === 0 ? "entrants[{0}]: '{1}' stands twice"
        : "entrants[{0}]: '{1}' is not in ascending order", i, id);
    }
  });
}

function checkExcluded(doc) {
  doc.excluded.forEach(([id, reason], i) => inContext(message("excluded[{0}]", i), () => {
    checkSize("id", id, ID_MAX);
    checkSize("reason", reason, TEXT_MAX);
  }));
}

function checkStrata(doc) {
  doc.strata.forEach((group, i) => {
    if (group < 0 || group >= doc.groups.length) {
      const shown = group < 0 || group > U32_MAX ? U32_MAX : group;
      refuse("invalid", "strata[{0}]: {1} is not below {2}", i, shown, doc.groups.length);
    }
  });
}

function checkValues(doc) {
  const times = doc.kind === "nth";
  const name = times ? "times" : "weights";
  const least = times ? 0 : 1;
  let sum = 0;
  doc.values.forEach((value, i) => {
    if (value < least || value > INT_MAX) {
      refuse("invalid", "{0}[{1}]: {2} is not in {3} .. 2^53", name, i, value, least);
    }
    const weight = times ? 0 : Number(value);
    if (weight > INT_MAX - sum) {
      refuse("invalid", "weights: their sum exceeds 2^53 at weights[{0}]", i);
    }
    sum += weight;
  });
  doc.values = doc.values.map(Number);
}

function rulesOf(doc) {
  const rules = new Map([["text", doc.text]]);
  if (doc.kind === "wheel") {
    rules.set("consolation", doc.consolation);
    rules.set("day_max", doc.wheel.tiers.map((tier) => tier.day_max));
    rules.set("day_offset_s", doc.wheel.day_offset_s);
    rules.set("paced", doc.wheel.tiers.map((tier) => tier.paced));
    WHEEL_INTS.forEach((name) => rules.set(name, doc.wheel[name]));
  } else if (doc.kind === "envelope") {
    rules.set("drama", doc.envelope.drama).set("envelopes", doc.envelopeCount);
    rules.set("parts", doc.envelope.count).set("sum", doc.envelope.sum);
  } else if (doc.kind === "stratified") {
    rules.set("groups", doc.groups).set("quotas", doc.quotas);
  } else if (doc.kind === "nth") {
    rules.set("place", doc.place).set("tie", TIE_RULE);
  } else {
    rules.set("winners", doc.winnerCount);
    if (doc.kind === "weighted") {
      rules.set("replacement", doc.replacement);
    } else if (doc.kind === "rfc3797") {
      rules.set("sources", doc.sources);
    } else if (doc.kind === "fairy") {
      rules.set("weighting", doc.weighted ? "amount" : "uniform");
    }
  }
  return rules;
}

// The draw object as it must be, checked.
function writeDraw(doc) {
  checkDraw(doc);
  const draw = new Map([["excluded", doc.excluded], ["id", doc.id], ["kind", doc.kind]]);
  if (doc.kind !== "rfc3797") {
    draw.set("commitment", doc.commitment);
  }
  if (!isGame(doc.kind)) {
    checkEntrants(doc);
    draw.set("entrants", doc.entrants);
  }
  checkExcluded(doc);
  draw.set("rules", rulesOf(doc));
  if (doc.kind === "wheel") {
    draw.set("odds", doc.wheel.tiers.map((tier) => tier.odds)).set("prizes", doc.prizes);
    draw.set("stock", doc.wheel.tiers.map((tier) => tier.stock));
  }
  if (doc.kind === "stratified") {
    checkStrata(doc);
    draw.set("strata", doc.strata);
  }
  if (doc.kind === "nth" || hasWeights(doc)) {
    const stated = doc.values;
    checkValues(doc);
    draw.set(doc.kind === "nth" ? "times" : "weights", stated);
  }
  return draw;
}

// ---- who wins

async function pickFirst(doc, stream) {
  if (doc.kind === "stratified") {
    return drawStratified(stream, doc.strata, doc.quotas);
  }
  if (!hasWeights(doc)) {
    return drawSelect(stream, doc.entrants.length, doc.winnerCount);
  }
  return doc.kind === "weighted" && doc.replacement
    ? drawReplaced(stream, doc.values, doc.winnerCount)
    : drawWeighted(stream, doc.values, doc.winnerCount);
}

async function pickAgain(doc, stream, r, replaced, won) {
  const weights = hasWeights(doc) ? doc.values : null;
  const left = [];
  let total = 0;
  for (let i = 0; i < doc.entrants.length; i++) {
    if (!won.has(i) && (doc.kind !== "stratified" || doc.strata[i] === doc.strata[replaced])) {
      left.push(i);
      total += weights ? weights[i] : 1;
    }
  }
  if (total === 0) {
    refuse("refused", "redraws[{0}]: everybody has won before", r);
  }
  stream.seek(r + 1);
  let rest = await stream.below(total);
  for (const i of left) {
    const weight = weights ? weights[i] : 1;
    if (rest < weight) {
      return i;
    }
    rest -= weight;
  }
  throw new Error("the weights left don't add up");
}

// `next(r, replaced)` gives who follows by re-draw r.
async function pickRedraws(doc, picks, next) {
  const current = [...picks.winners];
  for (let r = 0; r < doc.redraws.length; r++) {
    const place = doc.redraws[r].place;
    if (place >= picks.winners.length) {
      refuse("invalid", "redraws[{0}].place: {1} of {2} winners", r, place, picks.winners.length);
    }
    picks.replaced.push(current[place]);
    picks.replacements.push(await next(r, current[place]));
    current[place] = picks.replacements[r];
  }
  return picks;
}

async function pick(doc, drawHash) {
  if (doc.redraws.length > 10000) {
    refuse("limit", "redraws: more than {0}", 10000);
  }
  const picks = { winners: [], replaced: [], replacements: [] };
  if (doc.kind === "rfc3797") {
    rfc3797KeyCheck(doc.key);
    const parts = doc.key.split("/").length - 1;
    if (parts !== doc.sources.length) {
      refuse("invalid", "key: numbers of {0} sources, but {1} were announced", parts,
        doc.sources.length);
    }
    const wanted = doc.winnerCount + doc.redraws.length;
    if (wanted > doc.entrants.length) {
      refuse("refused", "redraws: everybody has won before");
    }
    const all = rfc3797Select(doc.key, doc.entrants.length, wanted);
    picks.winners = all.slice(0, doc.winnerCount);
    return pickRedraws(doc, picks, (r) => all[doc.winnerCount + r]);
  }
  const stream = await DrawStream.of(doc.seed, unhex(drawHash));
  if (doc.kind === "nth") {
    const all = [];
    for (let r = 0; r <= doc.redraws.length; r++) {
      all.push(await nthSelect(doc.entrants, doc.values, doc.place + r, stream.keyBytes));
    }
    picks.winners = [all[0]];
    return pickRedraws(doc, picks, (r) => all[r + 1]);
  }
  picks.winners = await pickFirst(doc, stream);
  const won = new Set(picks.winners);
  return pickRedraws(doc, picks, async (r, replaced) => {
    const winner = await pickAgain(doc, stream, r, replaced, won);
    won.add(winner);
    return winner;
  });
}

// ---- games

async function gameOf(doc, drawHash) {
  const game = { stream: await DrawStream.of(doc.seed, unhex(drawHash)), members: new Map(),
    envelopes: [] };
  if (doc.kind === "wheel") {
    game.left = doc.wheel.tiers.map((tier) => tier.stock);
    return game;
  }
  for (let i = 0; i < doc.envelopeCount; i++) {
    game.stream.seek(i);
    const parts = await envelopeSplit(doc.envelope, game.stream);
    game.envelopes.push({ parts, taken: [], takers: new Set() });
  }
  return game;
}

function spinner(game, member, day) {
  const who = game.members.get(member) ?? { spins: 0, wins: 0 };
  if (who.day !== day) {
    Object.assign(who, { day, spinsToday: 0, winsToday: 0 });
  }
  game.members.set(member, who);
  return who;
}

async function checkSpin(doc, game, play, i) {
  const rules = doc.wheel;
  const day = wheelDay(rules, play.atMs);
  const who = spinner(game, play.member, day);
  if (day !== game.day) {
    game.day = day;
    game.wonToday = rules.tiers.map(() => 0);
  }
  if (rules.spins_per_member > 0 && who.spins >= rules.spins_per_member) {
    refuse("refused", "all {0} spins of this member are used", rules.spins_per_member);
  }
  if (rules.spins_per_day > 0 && who.spinsToday >= rules.spins_per_day) {
    refuse("refused", "all {0} spins of today are used", rules.spins_per_day);
  }
  game.stream.seek(i);
  const roll = await game.stream.below(1000000);
  const won = wheelSpin(rules, game.left, who, game.wonToday, play.atMs, roll);
  who.spins++;
  who.spinsToday++;
  if (won.prize >= 0) {
    who.wins++;
    who.winsToday++;
    game.wonToday[won.prize]++;
  }
  if (won.prize !== play.prize || won.reason !== play.reason) {
    refuse("corrupt", "prize {0} ({1}), but the key gives {2} ({3})", play.prize, play.reason,
      won.prize, won.reason);
  }
}

function checkClaim(doc, game, play) {
  if (play.envelope >= doc.envelopeCount) {
    refuse("corrupt", "envelope {0} of only {1}", play.envelope, doc.envelopeCount);
  }
  const envelope = game.envelopes[play.envelope];
  const taken = envelope.taken.length;
  if (taken >= doc.envelope.count || play.place !== taken) {
    refuse("corrupt", "place {0}, but {1} of {2} are taken", play.place, taken,
      doc.envelope.count);
  }
  if (envelope.takers.has(play.member)) {
    refuse("corrupt", "'{0}' claims envelope {1} twice", play.member, play.envelope);
  }
  envelope.takers.add(play.member);
  envelope.taken.push(play.member);
  const { amount } = envelope.parts[play.place];
  if (play.amount !== amount) {
    refuse("corrupt", "amount {0}, but the key gives {1}", play.amount, amount);
  }
}

async function runGame(doc, drawHash) {
  const game = await gameOf(doc, drawHash);
  if (doc.redraws.length > 0) {
    refuse("invalid", "redraws: a game has none");
  }
  for (let i = 0; i < doc.plays.length; i++) {
    const play = doc.plays[i];
    try {
      checkSize("member", play.member, ID_MAX);
      if (i > 0 && play.atMs < doc.plays[i - 1].atMs) {
        refuse("invalid", "at_ms: earlier than the play before");
      }
      if (doc.kind === "wheel") {
        await checkSpin(doc, game, play, i);
      } else {
        checkClaim(doc, game, play);
      }
    } catch (error) {
      refuseIn(message("plays[{0}]", i), error);
    }
  }
  return game;
}

function gameWinners(doc, game) {
  if (doc.kind === "wheel") {
    return doc.plays.filter((play) => play.prize >= 0).map((play) => play.member);
  }
  return game.envelopes.filter((envelope) => envelope.taken.length > 0).map((envelope) =>
    envelope.taken[envelopeKing(envelope.parts, envelope.taken.length)]);
}

const playNode = (doc, play, i) => (doc.kind === "wheel"
  ? [i, play.member, play.atMs, play.prize, play.reason]
  : [play.envelope, play.place, play.member, play.atMs, play.amount]);

// ---- the whole

async function writeBody(doc, body, drawHash) {
  if (isGame(doc.kind)) {
    const game = await runGame(doc, drawHash);
    body.set("plays", doc.plays.map((play, i) => playNode(doc, play, i))).set("redraws", []);
    body.set("seed", hex(doc.seed)).set("winners", gameWinners(doc, game));
    return;
  }
  if (doc.plays.length > 0) {
    refuse("invalid", "plays: only games have plays");
  }
  const picks = await pick(doc, drawHash);
  doc.redraws.forEach((redraw, r) => inContext(message("redraws[{0}]", r), () =>
    checkSize("reason", redraw.reason, 1024)));
  body.set("plays", []).set("redraws", doc.redraws.map((redraw, r) => [redraw.place,
    doc.entrants[picks.replaced[r]], redraw.reason, doc.entrants[picks.replacements[r]]]));
  body.set("seed", doc.kind === "rfc3797" ? doc.key : hex(doc.seed));
  body.set("winners", picks.winners.map((index) => doc.entrants[index]));
}

// The canonical text of the receipt that follows from what this one says.
async function writeReceipt(doc) {
  if (doc.kind !== "rfc3797" && hex(await sha256(doc.seed)) !== doc.commitment) {
    refuse("corrupt", "seed: it is not the one that was committed to");
  }
  const draw = writeDraw(doc);
  const drawHash = hex(await sha256(utf8(canonical(draw))));
  const body = new Map([["draw_hash", drawHash]]);
  await writeBody(doc, body, drawHash);
  const marks = marksOf(body, doc.kind === "rfc3797");
  marks.set("draw", marksOf(draw));
  body.set("draw", draw);
  const hash = hex(await sha256(utf8(canonical(body))));
  return canonical(new Map([["body", body], ["hash", hash], ["marks", marks], ["receipt", 1]]));
}
