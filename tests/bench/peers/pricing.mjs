// The cart of bench_price.c, priced by others: five lines at their event price or list price, less
// the member's card of 12 %, then one voucher (100 yuan off from 500). Prints carts a second.
//   node pricing.mjs hand|json-rules-engine|zen|medusa SECONDS   (packages found from where it runs)
// Each peer's answer is compared with the one computed by hand before it is timed.
import { createRequire } from "node:module";
import process from "node:process";

const require = createRequire(`${process.cwd()}/`);
const OPENS = 1762864200000;
const CLOSES = OPENS + 7200000;
const CARD_BP = 1200;
const VOUCHER = { amount: 10000, threshold: 50000 };
const LINES = [
  { name: "coat", list: 129900, deal: 71445, floor: 52000, qty: 1 },
  { name: "dress", list: 69900, deal: 38445, floor: 28000, qty: 2 },
  { name: "shirt", list: 39900, deal: 21945, floor: 16000, qty: 1 },
  { name: "scarf", list: 19900, deal: 10945, floor: 8000, qty: 3 },
  { name: "socks", list: 4900, deal: 2695, floor: 1500, qty: 4 },
];

function linePrice(line, open) {
  const unit = Math.floor(((open ? line.deal : line.list) * (10000 - CARD_BP) + 5000) / 10000);
  return Math.max(unit, line.floor) * line.qty;
}

function sum(now) {
  const open = now >= OPENS && now < CLOSES;
  return LINES.reduce((total, line) => total + linePrice(line, open), 0);
}

function byHand(now) {
  const open = now >= OPENS && now < CLOSES;
  let total = 0;
  let floor = 0;
  for (let i = 0; i < LINES.length; i++) {
    total += linePrice(LINES[i], open);
    floor += LINES[i].floor * LINES[i].qty;
  }
  const less = total >= VOUCHER.threshold ? total - VOUCHER.amount : total;
  return Math.max(less, floor);
}

// Three rules, one run for a cart: which price, is there a card, is there a voucher. The sums are
// by hand, so the engine is asked as little as it can be.
function jsonRulesEngine() {
  const { Engine } = require("json-rules-engine");
  const engine = new Engine();
  const rule = (type, fact, ...tests) =>
    engine.addRule({
      conditions: { all: tests.map(([operator, value]) => ({ fact, operator, value })) },
      event: { type },
      priority: type === "voucher" ? 1 : 10,
    });
  rule("deal", "now", ["greaterThanInclusive", OPENS], ["lessThan", CLOSES]);
  rule("card", "level", ["greaterThanInclusive", 1]);
  rule("voucher", "total", ["greaterThanInclusive", VOUCHER.threshold]);
  return async (now) => {
    const total = sum(now);
    const { events } = await engine.run({ now, level: 1, total });
    return total - (events.some((event) => event.type === "voucher") ? VOUCHER.amount : 0);
  };
}

// One expression node, as a decision model of it would be drawn.
function zen() {
  const { ZenEngine } = require("@gorules/zen-engine");
  const unit = `(now >= ${OPENS} and now < ${CLOSES} ? #.deal : #.list)`;
  const lines = `map(lines, max([floor((${unit} * ${10000 - CARD_BP} + 5000) / 10000), #.floor]) * #.qty)`;
  const node = (id, type, content) => ({ id, name: id, type, content, position: { x: 0, y: 0 } });
  const graph = {
    nodes: [
      node("cart", "inputNode"),
      node("price", "expressionNode", {
        expressions: [
          { id: "a", key: "total", value: `sum(${lines})` },
          {
            id: "b",
            key: "final",
            value: `$.total >= ${VOUCHER.threshold} ? $.total - ${VOUCHER.amount} : $.total`,
          },
        ],
      }),
      node("quote", "outputNode"),
    ],
    edges: [
      { id: "1", sourceId: "cart", targetId: "price", type: "edge" },
      { id: "2", sourceId: "price", targetId: "quote", type: "edge" },
    ],
  };
  const decision = new ZenEngine().createDecision(Buffer.from(JSON.stringify(graph)));
  return async (now) => (await decision.evaluate({ now, lines: LINES })).result.final;
}

// The module's own computeActions; what it would read from its database is a list in memory. Prices
// are another module there, so its lines come with their subtotals and it computes the voucher.
function medusa() {
  const loaded = require("@medusajs/promotion/dist/services/promotion-module");
  const voucher = {
    id: "promo_1",
    code: "VOUCHER",
    type: "standard",
    status: "active",
    is_automatic: false,
    rules: [{ attribute: "subtotal", operator: "gte", values: [{ value: `${VOUCHER.threshold}` }] }],
    application_method: {
      type: "fixed",
      target_type: "order",
      allocation: "across",
      value: VOUCHER.amount,
      target_rules: [],
    },
  };
  const service = Object.create(loaded.default.prototype);
  service.promotionService_ = { list: async () => [voucher] };
  service.baseRepository_ = { getFreshManager: () => ({}), getActiveManager: () => ({}) };
  return async (now) => {
    const open = now >= OPENS && now < CLOSES;
    let subtotal = 0;
    const items = LINES.map((line) => {
      const price = linePrice(line, open);
      subtotal += price;
      return { id: line.name, quantity: line.qty, subtotal: price, original_total: price };
    });
    const actions = await service.computeActions(
      ["VOUCHER"],
      { items, subtotal },
      { prevent_auto_promotions: true },
    );
    return Math.round(actions.reduce((left, action) => left - Number(action.amount), subtotal));
  };
}

const peers = { hand: () => byHand, "json-rules-engine": jsonRulesEngine, zen, medusa };
const [, , name, budget = "1"] = process.argv;
if (!Object.hasOwn(peers, name)) {
  console.error(`pricing.mjs: one of ${Object.keys(peers).join(", ")}`);
  process.exit(2);
}
const price = peers[name]();
for (const now of [OPENS - 1, OPENS, CLOSES]) {
  const got = await price(now);
  if (got !== byHand(now)) {
    console.error(`${name}: ${got} where by hand it is ${byHand(now)}`);
    process.exit(1);
  }
}

// Seven rounds, the best of which is printed, as in bench_price.c. Those that return promises are
// awaited one after another, as a till asks for one cart.
let sink = 0;
let best = 0;
const batch = name === "hand" ? 100000 : 20;
for (let round = 0; round < 7; round++) {
  const started = process.hrtime.bigint();
  let elapsed = 0;
  let count = 0;
  while (elapsed < Number(budget) / 7) {
    for (let i = 0; i < batch; i++) {
      const now = OPENS + (i & 1023) - 10;
      sink += name === "hand" ? price(now) : await price(now);
    }
    count += batch;
    elapsed = Number(process.hrtime.bigint() - started) / 1e9;
  }
  best = Math.max(best, count / elapsed);
}
if (sink < 0) {
  console.error(sink);
}
console.log(Math.floor(best));
process.exit(0);
