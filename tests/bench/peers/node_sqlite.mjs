// From start to a database that answers: opens FILE and counts the rows of its schema.
//   node node_sqlite.mjs FILE     (node:sqlite, or better-sqlite3 from where it runs)
import { createRequire } from "node:module";
import process from "node:process";

const require = createRequire(`${process.cwd()}/`);
const sql = "SELECT count(*) AS n FROM sqlite_schema";
let database;
try {
  const { DatabaseSync } = await import("node:sqlite");
  database = new DatabaseSync(process.argv[2]);
} catch {
  const Database = require("better-sqlite3");
  database = new Database(process.argv[2]);
}
console.log(database.prepare(sql).get().n);
