// Turns of a rehearsal in simjs: an entity that is called for each of N timers, 1,000 at a time.
//   node simjs.mjs N      (simjs installed where node finds it)
import { createRequire } from "node:module";
import process from "node:process";

const require = createRequire(`${process.cwd()}/`);
globalThis.window = globalThis; // The package only knows browsers: it leaves its classes there.
require("simjs");
const { Sim, Entity } = globalThis.Sim;
const count = Number(process.argv[2]);
let seen = 0;
let left = count;

class Member extends Entity {
  start() {
    this.setTimer(1 + Math.random()).done(this.message, this, ["hello"]);
  }
  message(text) {
    if (text === "hello") {
      seen += 1;
    }
    if (left-- > 0) {
      this.setTimer(1 + Math.random()).done(this.message, this, ["hello"]);
    }
  }
}

const sim = new Sim();
for (let i = 0; i < 1000; i++) {
  sim.addEntity(Member, `m${i}`);
}
const started = process.hrtime.bigint();
sim.simulate(1e9);
console.log(Math.floor(seen / (Number(process.hrtime.bigint() - started) / 1e9)));
