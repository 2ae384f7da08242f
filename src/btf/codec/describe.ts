/** A JavaScript value in a few words, for the "found …" of a message. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
    case "bigint":
      return `${value}n`;
    case "undefined":
      return "nothing";
    case "function":
      return "a function";
    case "object":
      if (value === null) return "null";
      if (Array.isArray(value)) return count(value.length, "element");
      if (value instanceof Uint8Array) return count(value.length, "byte");
      if (ArrayBuffer.isView(value)) return `a ${value.constructor.name}`;
      return "an object";
    default:
      return String(value);
  }
}

export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
