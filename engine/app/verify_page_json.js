"use strict";
// Strict JSON with exact whole numbers, its canonical form (RFC 8785), and hashes by WebCrypto.
// Whole numbers are Number while exact and BigInt beyond, other numbers are Real, objects are Map.

class Real {
  constructor(value) {
    this.value = value;
  }
}

// What the program calls an error: a kind and a text. Texts are kept as template and arguments, so
// that the same finding can be told in both languages.
class Refused extends Error {
  constructor(kind, message) {
    super(message.text);
    this.kind = kind;
    this.told = message;
  }
}

const message = (text, ...args) => ({ text, args });
const refuse = (kind, text, ...args) => {
  throw new Refused(kind, message(text, ...args));
};
// Says where it was refused; other errors go on as they are.
const refuseIn = (place, error) => {
  if (!(error instanceof Refused)) {
    throw error;
  }
  throw new Refused(error.kind, message("{0}: {1}", place, error.told));
};
const inContext = (place, work) => {
  try {
    return work();
  } catch (error) {
    return refuseIn(place, error);
  }
};

// ---- texts

const encoder = new TextEncoder();
const utf8 = (text) => encoder.encode(text);

function byteSize(text) {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 127) {
      return utf8(text).length;
    }
  }
  return text.length;
}

// Order by UTF-8 bytes, which is the order of code points, not that of UTF-16.
function compareBytes(a, b) {
  const size = Math.min(a.length, b.length);
  for (let i = 0; i < size; i++) {
    let x = a.charCodeAt(i);
    let y = b.charCodeAt(i);
    if (x !== y) {
      if (x >= 0xd800 && y >= 0xd800) {
        x += x >= 0xe000 ? -0x800 : 0x2000;
        y += y >= 0xe000 ? -0x800 : 0x2000;
      }
      return x - y;
    }
  }
  return a.length - b.length;
}

// ---- reading

const JSON_DEPTH_MAX = 64;
const INT64_MAX = 2n ** 63n - 1n;
const BLANK = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
const PLAIN_TEXT = /[^"\\\u0000-\u001f]*/y;
const badJson = (why) => refuse("invalid", "not valid JSON: {0}", message(why));

class JsonReader {
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  match(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found) {
      this.at = pattern.lastIndex;
    }
    return found;
  }

  document() {
    this.match(BLANK);
    if (this.at === this.text.length) {
      badJson("it is empty");
    }
    const value = this.value(1);
    this.match(BLANK);
    if (this.at !== this.text.length) {
      badJson("it is not well formed");
    }
    return value;
  }

  value(depth) {
    const c = this.text[this.at];
    if (c === "{" || c === "[") {
      if (depth > JSON_DEPTH_MAX) {
        refuse("invalid", "JSON is nested deeper than {0} levels", JSON_DEPTH_MAX);
      }
      return c === "{" ? this.object(depth) : this.array(depth);
    }
    if (c === '"') {
      return this.string();
    }
    if (c === "-" || (c >= "0" && c <= "9")) {
      return this.number();
    }
    for (const [word, value] of [["null", null], ["true", true], ["false", false]]) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    return badJson("it is not well formed");
  }

  // Behind an element: a comma and more, or the closing bracket. true: there is more.
  more(close) {
    this.match(BLANK);
    const c = this.text[this.at++];
    if (c !== "," && c !== close) {
      badJson("it is not well formed");
    }
    this.match(BLANK);
    return c === ",";
  }

  opens(close) {
    this.at++;
    this.match(BLANK);
    if (this.text[this.at] === close) {
      this.at++;
      return false;
    }
    return true;
  }

  array(depth) {
    const list = [];
    if (this.opens("]")) {
      do {
        list.push(this.value(depth + 1));
      } while (this.more("]"));
    }
    return list;
  }

  object(depth) {
    const fields = new Map();
    if (this.opens("}")) {
      do {
        if (this.text[this.at] !== '"') {
          badJson("it is not well formed");
        }
        const name = this.string();
        this.match(BLANK);
        if (this.text[this.at++] !== ":") {
          badJson("it is not well formed");
        }
        this.match(BLANK);
        if (fields.has(name)) {
          refuse("invalid", "field '{0}' stands twice", name);
        }
        fields.set(name, this.value(depth + 1));
      } while (this.more("}"));
    }
    return fields;
  }

  number() {
    const found = this.match(NUMBER);
    const next = this.text[this.at];
    if (!found || (next !== undefined && !",]} \t\n\r".includes(next))) {
      badJson("a number is malformed or out of range");
    }
    if (found[1] === undefined && found[2] === undefined) {
      const short = Number(found[0]);
      if (Number.isSafeInteger(short)) {
        return short === 0 ? 0 : short;
      }
      const whole = BigInt(found[0]);
      if (whole >= -INT64_MAX - 1n && whole <= INT64_MAX) {
        return whole;
      }
    }
    const real = Number(found[0]);
    if (!Number.isFinite(real)) {
      badJson("a number is malformed or out of range");
    }
    return new Real(real);
  }

  string() {
    const start = this.at++;
    let escapes = false;
    for (;;) {
      this.match(PLAIN_TEXT);
      const c = this.text[this.at];
      if (c === undefined) {
        badJson("a text has no closing quote");
      }
      if (c === '"') {
        break;
      }
      if (c !== "\\") {
        badJson("a text has a control character that must be escaped");
      }
      escapes = true;
      this.at += 2;
    }
    this.at++;
    if (!escapes) {
      return this.text.slice(start + 1, this.at - 1);
    }
    let text;
    try {
      text = JSON.parse(this.text.slice(start, this.at));
    } catch {
      badJson("a text has a bad escape");
    }
    if (/\p{Surrogate}/u.test(text)) {
      badJson("a text has a bad escape");
    }
    return text;
  }
}

function parseJson(bytes) {
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    badJson("it is not UTF-8");
  }
  return new JsonReader(text).document();
}

// ---- canonical form

function canonical(value) {
  if (typeof value === "string") {
    return JSON.stringify(value);
  }
  if (value instanceof Real) {
    return String(value.value === 0 ? 0 : value.value);
  }
  if (Array.isArray(value)) {
    return `[${value.map(canonical).join(",")}]`;
  }
  if (value instanceof Map) {
    const names = [...value.keys()].sort();
    return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value.get(name))}`).join(",")}}`;
  }
  return String(value); // null, true, false, whole numbers
}

// ---- hashes

const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
const unhex = (text) => Uint8Array.from({ length: text.length / 2 }, (_, i) =>
  parseInt(text.slice(2 * i, 2 * i + 2), 16));
const isHex = (text, size) => text.length === 2 * size && /^[0-9a-fA-F]*$/.test(text);

async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

async function hmacKey(bytes) {
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
}

async function hmacSha256(key, bytes) {
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes));
}

// The mark of a value: FNV-1a, 32 bits, of its canonical bytes; high half xor low half.
function mark(value) {
  const bytes = utf8(canonical(value));
  let hash = 2166136261;
  for (const byte of bytes) {
    hash = Math.imul(hash ^ byte, 16777619);
  }
  return (((hash >>> 16) ^ hash) & 0xffff).toString(16).padStart(4, "0");
}

// The numbers of public sources: each source's are closed by "/".
const numbersOf = (key) => key.match(/[^/]*\/|[^/]+$/g) ?? [];

// `numbers`: the seed is public numbers, with a mark for each source.
function marksOf(fields, numbers) {
  const marks = new Map();
  for (const name of [...fields.keys()].sort()) {
    const value = fields.get(name);
    if (numbers && name === "seed") {
      marks.set(name, numbersOf(value).map(mark).join(""));
    } else if (Array.isArray(value)) {
      marks.set(name, value.map(mark).join(""));
    } else if (value instanceof Map) {
      marks.set(name, [...value.keys()].sort().map((key) => mark(value.get(key))).join(""));
    } else {
      marks.set(name, mark(value));
    }
  }
  return marks;
}
