/** A test reporter: what was skipped and why, then one line `N passed, N failed, N skipped`. */

import type { TestEvent } from "node:test/reporters";

export default async function* tally(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  let passed = 0;
  let failed = 0;
  const skipped = new Map<string, number>();
  for await (const event of source) {
    if (event.type !== "test:pass" && event.type !== "test:fail") continue;
    const { data } = event;
    // A suite counts only when it failed by itself, or was skipped as a whole.
    if (data.details.type === "suite" && data.skip === undefined) continue;
    if (data.skip !== undefined) {
      const reason = typeof data.skip === "string" && data.skip !== "" ? data.skip : "no reason given";
      skipped.set(reason, (skipped.get(reason) ?? 0) + 1);
    } else if (event.type === "test:pass") passed++;
    else failed++;
  }
  const total = [...skipped.values()].reduce((sum, times) => sum + times, 0);
  for (const [reason, times] of skipped) yield `skipped ${times}: ${reason}\n`;
  yield `${passed} passed, ${failed} failed, ${total} skipped\n`;
}
