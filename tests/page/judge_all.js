// Put into the page by the test: every case must give the program's verdict, line for line. Of what
// isn't JSON only the last line counts; the parsers name different faults first. Its value is what
// is wrong, in words.
(async (cases) => {
  const wrong = [];
  for (const each of cases) {
    const result = await verifyReceipt(unhex(each.bytes)).catch((error) => ({
      verified: null, lines: [message(String(error.stack))] }));
    const lines = result.lines.map((line) => tell(line));
    const wanted = each.verdict.split("\n").slice(0, -1);
    const unread = /^not valid JSON|^field '|^JSON is nested/.test(wanted[0]);
    const same = unread ? lines.at(-1) === wanted.at(-1) : lines.join("\n") === wanted.join("\n");
    if (result.verified !== each.verified || !same) {
      wrong.push(`FAIL ${each.name}\n  wanted: ${wanted.join("\n          ")}\n`
        + `  got:    ${lines.join("\n          ")}`);
    } else if (!/[\u4e00-\u9fff]/.test(tell(result.lines.at(-1), FINDINGS_ZH))) {
      wrong.push(`FAIL ${each.name}: the whole isn't told in Chinese`);
    }
  }
  return `${wrong.slice(0, 20).join("\n")}\n${cases.length - wrong.length} cases agree,`
    + ` ${wrong.length} don't`;
})
