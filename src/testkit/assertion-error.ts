/**
 * What every runner prints well: node:test and vitest know `expected` and `actual`, mocha wants `showDiff` beside them, jest prints the
 * message. No runner is imported.
 */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
  readonly code = "ERR_ASSERTION";
  readonly actual: unknown;
  readonly expected: unknown;
  readonly operator: string;
  readonly generatedMessage = false;
  readonly showDiff: boolean;

  /** @param from what is left out of the stack: the method that was called. */
  constructor(
    message: string,
    { actual, expected, operator, cause }: { actual?: unknown; expected?: unknown; operator: string; cause?: unknown },
    from: (...args: never[]) => unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.actual = actual;
    this.expected = expected;
    this.operator = operator;
    this.showDiff = expected !== undefined;
    // V8's: where the test stands, not where this is.
    const { captureStackTrace } = Error as { captureStackTrace?: (target: Error, from: unknown) => void };
    captureStackTrace?.(this, from);
  }
}
