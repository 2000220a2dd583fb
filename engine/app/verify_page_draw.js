// Who wins: the selections of engine/rules/draw.h, nth.h, rfc3797.h, wheel.h and envelope.h, written
// again from what those headers promise.

const AES_ZEROS = new Uint8Array(65536);

// The keyed stream of bytes: AES-256-CTR under the draw's key, one counter range for each play.
class DrawStream {
  static async of(seed, drawHash) {
    const stream = new DrawStream();
    stream.keyBytes = await hmacSha256(await hmacKey(seed), drawHash);
    stream.key = await crypto.subtle.importKey("raw", stream.keyBytes, "AES-CTR", false, ["encrypt"]);
    stream.seek(0);
    return stream;
  }

  seek(play) {
    this.play = play;
    this.block = 0;
    this.words = null;
    this.used = 0;
    this.count = 0;
    this.size = 64;
  }

  async refill() {
    const counter = new Uint8Array(16);
    const view = new DataView(counter.buffer);
    view.setBigUint64(0, BigInt(this.play));
    view.setBigUint64(8, BigInt(this.block));
    const algorithm = { name: "AES-CTR", counter, length: 64 };
    const bytes = await crypto.subtle.encrypt(algorithm, this.key, AES_ZEROS.subarray(0, this.size));
    this.words = new DataView(bytes);
    this.used = 0;
    this.count = this.size;
    this.block += this.size / 16;
    this.size = Math.min(4 * this.size, AES_ZEROS.length);
  }

  async word() {
    if (this.used === this.count) {
      await this.refill();
    }
    const word = this.words.getBigUint64(this.used, true);
    this.used += 8;
    return word;
  }

  // An integer in 0 .. bound-1 without bias; bound is a positive Number up to 2^53.
  async below(bound) {
    const wide = BigInt(bound);
    const reject = (1n << 64n) % wide;
    for (;;) {
      const product = (await this.word()) * wide;
      if ((product & 0xffffffffffffffffn) >= reject) {
        return Number(product >> 64n);
      }
    }
  }
}

async function drawSelect(stream, n, k) {
  const moved = new Map(); // Place -> what stands there instead of itself.
  const winners = [];
  for (let i = 0; i < k; i++) {
    const place = i + (await stream.below(n - i));
    winners.push(moved.get(place) ?? place);
    moved.set(place, moved.get(i) ?? i);
  }
  return winners;
}

// Fenwick tree of the weights left; sums stay within 2^53 and thus exact.
async function drawWeighted(stream, weights, k) {
  const n = weights.length;
  const tree = new Float64Array(n + 1);
  const left = Float64Array.from(weights);
  let total = 0;
  for (let i = 1; i <= n; i++) {
    total += left[i - 1];
    tree[i] += left[i - 1];
    const parent = i + (i & -i);
    if (parent <= n) {
      tree[parent] += tree[i];
    }
  }
  let top = 1;
  while (top * 2 <= n) {
    top *= 2;
  }
  const winners = [];
  for (let draw = 0; draw < k; draw++) {
    let rest = await stream.below(total);
    let at = 0;
    for (let step = top; step > 0; step >>= 1) {
      if (at + step <= n && tree[at + step] <= rest) {
        at += step;
        rest -= tree[at];
      }
    }
    winners.push(at);
    for (let i = at + 1; i <= n; i += i & -i) {
      tree[i] -= left[at];
    }
    total -= left[at];
    left[at] = 0;
  }
  return winners;
}

// Walker's alias table in exact integers.
function aliasBuild(weights) {
  const n = BigInt(weights.length);
  const shares = weights.map((weight) => BigInt(weight) * n);
  const total = weights.reduce((sum, weight) => sum + BigInt(weight), 0n);
  const thresholds = shares.map(() => total);
  const aliases = shares.map((_, i) => i);
  const nextHeavy = (from) => {
    let i = from;
    while (i < shares.length && shares[i] < total) {
      i++;
    }
    return i;
  };
  let heavy = nextHeavy(0);
  let rest = shares[heavy];
  for (let light = 0; light < shares.length; light++) {
    if (shares[light] >= total) {
      continue;
    }
    thresholds[light] = shares[light];
    aliases[light] = heavy;
    rest -= total - shares[light];
    while (rest < total) {
      const next = nextHeavy(heavy + 1);
      const given = total - rest;
      thresholds[heavy] = rest;
      aliases[heavy] = next;
      heavy = next;
      rest = shares[heavy] - given;
    }
  }
  return { thresholds, aliases, total: Number(total) };
}

async function drawReplaced(stream, weights, k) {
  const alias = aliasBuild(weights);
  const winners = [];
  for (let i = 0; i < k; i++) {
    const column = await stream.below(weights.length);
    const height = BigInt(await stream.below(alias.total));
    winners.push(height < alias.thresholds[column] ? column : alias.aliases[column]);
  }
  return winners;
}

async function drawStratified(stream, strata, quotas) {
  const members = quotas.map(() => []);
  strata.forEach((group, i) => members[group].push(i));
  quotas.forEach((quota, g) => {
    if (quota > members[g].length) {
      refuse("refused", "quotas[{0}]: {1} winners of only {2} entrants", g, quota, members[g].length);
    }
  });
  const winners = [];
  for (let g = 0; g < quotas.length; g++) {
    for (const place of await drawSelect(stream, members[g].length, quotas[g])) {
      winners.push(members[g][place]);
    }
  }
  return winners;
}

// The like at a place (from 1): by time, likes of the same instant by HMAC-SHA-256(key, id).
async function nthSelect(ids, times, place, keyBytes) {
  if (place > ids.length) {
    refuse("refused", "only {0} of {1} likes", ids.length, place);
  }
  const order = ids.map((_, i) => i).sort((a, b) => times[a] - times[b]);
  const instant = times[order[place - 1]];
  const before = order.findIndex((i) => times[i] === instant);
  const tied = order.filter((i) => times[i] === instant);
  if (tied.length > 1) {
    const key = await hmacKey(keyBytes);
    const macs = new Map();
    for (const i of tied) {
      macs.set(i, hex(await hmacSha256(key, utf8(ids[i]))));
    }
    tied.sort((a, b) => (macs.get(a) < macs.get(b) ? -1 : macs.get(a) > macs.get(b) ? 1
      : compareBytes(ids[a], ids[b])));
  }
  return tied[place - 1 - before];
}

// ---- RFC 3797: MD5, as the RFC demands it

const MD5_SHIFTS = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
const MD5_SINES = Array.from({ length: 64 }, (_, i) =>
  Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32) | 0);

function md5Block(state, words) {
  let [a, b, c, d] = state;
  for (let i = 0; i < 64; i++) {
    const round = i >> 4;
    const mixed = round === 0 ? (b & c) | (~b & d)
      : round === 1 ? (d & b) | (~d & c)
        : round === 2 ? b ^ c ^ d : c ^ (b | ~d);
    const index = [i, 5 * i + 1, 3 * i + 5, 7 * i][round] & 15;
    const sum = (a + mixed + MD5_SINES[i] + words.getInt32(4 * index, true)) | 0;
    const shift = MD5_SHIFTS[round][i & 3];
    [a, d, c, b] = [d, c, b, (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0];
  }
  return [(state[0] + a) | 0, (state[1] + b) | 0, (state[2] + c) | 0, (state[3] + d) | 0];
}

function md5(bytes) {
  const padded = new Uint8Array(((bytes.length + 8) >> 6) * 64 + 64);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(bytes.length) * 8n, true);
  let state = [0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476];
  for (let at = 0; at < padded.length; at += 64) {
    state = md5Block(state, new DataView(padded.buffer, at, 64));
  }
  const out = new DataView(new ArrayBuffer(16));
  state.forEach((word, i) => out.setInt32(4 * i, word, true));
  return new Uint8Array(out.buffer);
}

const RFC3797_KEY_MAX = 4096;

function rfc3797KeyCheck(key) {
  const size = byteSize(key);
  if (size === 0 || size > RFC3797_KEY_MAX || !key.endsWith("/")) {
    refuse("invalid", "key: a key ends in '/' and has at most {0} bytes", RFC3797_KEY_MAX);
  }
  let last = 0n;
  let count = 0;
  for (let at = 0; at < key.length;) {
    if (key[at] === "/") {
      if (count === 0) {
        refuse("invalid", "key: a source without numbers at byte {0}", at);
      }
      count = 0;
      last = 0n;
      at++;
      continue;
    }
    const digits = /^[0-9]+/.exec(key.slice(at))?.[0] ?? "";
    const number = digits === "" ? 0n : BigInt(digits);
    if (digits === "" || number >= 2n ** 64n || key[at + digits.length] !== "." ||
        (digits[0] === "0" && digits.length > 1)) {
      refuse("invalid", "key: no 'number.' at byte {0}", at);
    }
    if (number < last) {
      refuse("invalid", "key: numbers not ascending at byte {0}", at);
    }
    last = number;
    count++;
    at += digits.length + 1;
  }
}

function rfc3797Select(key, pool, count) {
  const keyBytes = utf8(key);
  const left = Array.from({ length: pool }, (_, i) => i);
  const selected = [];
  for (let i = 0; i < count; i++) {
    const bytes = new Uint8Array(keyBytes.length + 4);
    bytes.set([i >> 8, i & 255]);
    bytes.set(keyBytes, 2);
    bytes.set([i >> 8, i & 255], keyBytes.length + 2);
    const place = md5(bytes).reduce((rest, byte) => (rest * 256 + byte) % left.length, 0);
    selected.push(left[place]);
    left.splice(place, 1);
  }
  return selected;
}

// ---- the wheel

const WHEEL_REASONS = ["won", "odds", "stock", "pacing", "tier day", "member limit", "member day"];
const wheelDay = (rules, atMs) =>
  Math.floor((Math.floor(atMs / 1000) + rules.day_offset_s) / 86400);

function wheelReleased(rules, stock, atMs) {
  if (atMs < rules.open_ms) {
    return 0n;
  }
  const slot = (BigInt(atMs) - BigInt(rules.open_ms)) / BigInt(rules.slot_ms);
  if (slot >= BigInt(rules.slot_count) - 1n) {
    return BigInt(stock);
  }
  return (BigInt(stock) * (slot + 1n)) / BigInt(rules.slot_count);
}

// One spin; `who` counts the member's plays before, `left` and `wonToday` are of each tier.
function wheelSpin(rules, left, who, wonToday, atMs, roll) {
  let until = 0;
  for (let t = 0; t < rules.tiers.length; t++) {
    const tier = rules.tiers[t];
    until += tier.odds;
    if (roll >= until) {
      continue;
    }
    if (left[t] === 0) {
      return { prize: -1, reason: "stock" };
    }
    if (tier.paced && BigInt(tier.stock - left[t]) >= wheelReleased(rules, tier.stock, atMs)) {
      return { prize: -1, reason: "pacing" };
    }
    if (tier.day_max > 0 && wonToday[t] >= tier.day_max) {
      return { prize: -1, reason: "tier day" };
    }
    if (rules.wins_per_member > 0 && who.wins >= rules.wins_per_member) {
      return { prize: -1, reason: "member limit" };
    }
    if (rules.wins_per_day > 0 && who.winsToday >= rules.wins_per_day) {
      return { prize: -1, reason: "member day" };
    }
    left[t]--;
    return { prize: t, reason: "won" };
  }
  return { prize: -1, reason: "odds" };
}

// ---- red envelopes

async function envelopeCutOne(stream, spare, left, wild) {
  if (wild > 0 && (await stream.below(50)) < wild) {
    const v = BigInt(await stream.below(2 ** 20));
    const extra = Number((v * v * v * BigInt(spare) * 4n / BigInt(left)) >> 60n);
    return Math.min(extra, spare);
  }
  return Math.floor((await stream.below(2 * spare)) / left);
}

async function envelopeCut(rules, stream) {
  const { sum, count, drama } = rules;
  if (drama === 0) {
    return Array.from({ length: count }, (_, cut) => ({
      amount: Math.floor(sum / count) + (cut < sum % count ? 1 : 0), cut }));
  }
  const wild = Math.max(drama - 50, 0);
  const calm = Math.max(50 - drama, 0);
  const reserve = 1 + Math.floor((Math.floor(sum / count) - 1) * calm / 50);
  let spare = sum - reserve * count;
  const parts = [];
  for (let i = 0; i + 1 < count; i++) {
    const extra = spare > 0 ? await envelopeCutOne(stream, spare, count - i, wild) : 0;
    parts.push({ amount: reserve + extra, cut: i });
    spare -= extra;
  }
  parts.push({ amount: reserve + spare, cut: count - 1 });
  return parts;
}

async function envelopeSplit(rules, stream) {
  const parts = await envelopeCut(rules, stream);
  if (rules.sum === rules.count + 1) {
    return parts.map((_, i) => ({ amount: i + 1 === rules.count ? 2 : 1, cut: i }));
  }
  for (let i = rules.count - 1; i > 0; i--) {
    const place = await stream.below(i + 1);
    [parts[i], parts[place]] = [parts[place], parts[i]];
  }
  return parts;
}

// Place of the lucky king among the first `taken`: the largest, of equal ones the one cut first.
function envelopeKing(parts, taken) {
  let king = 0;
  for (let i = 1; i < taken; i++) {
    if (parts[i].amount > parts[king].amount ||
        (parts[i].amount === parts[king].amount && parts[i].cut < parts[king].cut)) {
      king = i;
    }
  }
  return king;
}
