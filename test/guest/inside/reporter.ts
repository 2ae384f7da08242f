/** A test reporter for machines: a line of JSON for each test, which `suite.ts` reads outside of the guest. */

import type { TestEvent } from "node:test/reporters";

/** What a line with a result begins with. */
export const RESULT = "RESULT ";

/** What became of a test. */
export interface GuestResult {
  readonly name: string;
  /** Why it was left out. */
  readonly skip?: string;
  /** What went wrong, with the stack. */
  readonly error?: string;
  readonly milliseconds: number;
}

export default async function* reporter(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of source) {
    if (event.type === "test:stderr" || event.type === "test:stdout") yield `${event.data.message.trimEnd()}\n`;
    if (event.type !== "test:pass" && event.type !== "test:fail") continue;
    const { name, details, skip } = event.data;
    if (details.type === "suite" && event.type === "test:pass" && skip === undefined) continue;
    const failure = event.type === "test:fail" ? event.data.details.error : null;
    const result: GuestResult = {
      name,
      milliseconds: Math.round(details.duration_ms),
      ...(skip === undefined ? {} : { skip: String(skip) }),
      ...(failure === null ? {} : { error: (failure.cause as Error | undefined)?.stack ?? String(failure) }),
    };
    yield `${RESULT}${JSON.stringify(result)}\n`;
  }
}
