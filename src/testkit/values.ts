/** Comparing what a test expects with what is there. Numbers and bigints of one value are the same: maps give bigints for 64 bits. */

export function equal(expected: unknown, actual: unknown): boolean {
  if (typeof expected === "number" || typeof expected === "bigint") {
    // biome-ignore lint/suspicious/noDoubleEquals: a number and a bigint of one value
    return (typeof actual === "number" || typeof actual === "bigint") && expected == actual;
  }
  if (isList(expected) || isList(actual)) {
    if (!isList(expected) || !isList(actual) || expected.length !== actual.length) return false;
    return Array.from(expected).every((value, at) => equal(value, actual[at]));
  }
  if (typeof expected === "object" && expected !== null && typeof actual === "object" && actual !== null) {
    const [one, other] = [expected as Record<string, unknown>, actual as Record<string, unknown>];
    const names = new Set([...Object.keys(one), ...Object.keys(other)]);
    return [...names].every((name) => equal(one[name], other[name]));
  }
  return Object.is(expected, actual);
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || value instanceof Uint8Array;
}

/** Of a per-CPU map: the sum over the CPUs, where a test expects one number. */
export function totalOf(values: unknown): bigint | null {
  if (!Array.isArray(values) || !values.every((value) => typeof value === "number" || typeof value === "bigint")) return null;
  return values.reduce((sum: bigint, value: number | bigint) => sum + BigInt(value), 0n);
}

/** For messages. */
export function show(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value instanceof Uint8Array) return Array.from(value, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  if (typeof value === "bigint") return `${value}`;
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    return `{ ${Object.entries(value)
      .map(([name, part]) => `${name}: ${show(part)}`)
      .join(", ")} }`;
  }
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
