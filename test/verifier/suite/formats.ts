/** Format strings, each in a frozen map of its own: only there does the verifier read them. */

import type { SuiteMap } from "./maps.ts";

/** A format, and of how many numbers. */
type Format = readonly [format: string | readonly number[], numbers?: number];

export const GOOD_FORMATS: Readonly<Record<string, Format>> = {
  ...texts("%d", "%5u", "%08lx", "%llX", "%i", "%c", "%s", "%p", "%px", "%pK", "%pS", "%pB", "%pks", "%pus", "%pus."),
  ...texts("%pi4", "%pI4", "%pi6", "%pI6", "%-5d", "%+d", "% d", "%%", "%d %%", "größe", "%psé", "%cx", "%5c", "%05s"),
  ...texts("%1000000000000d", "%-+0 d", "%pI4x", "%pKx", "%p-", "%pxx", "%10px", "%lu", "%llu", "%lluz"),
  "two numbers": ["%d %d", 2],
  "twelve numbers": ["%d".repeat(12), 12],
  "one number of twelve": ["%d", 12],
  "a byte that is a space in Latin-1": [[0x25, 0x73, 0xa0]],
  "a byte that is punctuation in Latin-1": [[0x25, 0x70, 0xa1]],
  "a byte above ASCII": [[0x80]],
  "a byte that is no letter in Latin-1": [[0x25, 0x73, 0xd7]],
};

export const BAD_FORMATS: Readonly<Record<string, Format>> = {
  ...texts("%", "%f", "%hd", "%lllx", "%sx", "%pi5", "%pz", "%l", "%08", "%*d", "%n", "%pksx", "%d%d", "a%", "%é", "%5é"),
  ...texts("%pé", "%sé", "%pI", "%pi", "%p4", "%pb", "%ps%pS", "%c%", "%lc", "%ls", "%x%", "%0", "%pd", "%pD4", "%.3s"),
  ...texts("%zu", "%0%", "%5%"),
  "one number of two": ["%d %d", 1],
  "no end": [[...new TextEncoder().encode("a".repeat(32))], 0],
  "a control character": [[0x01]],
  "a byte that is a letter in Latin-1": [[0x25, 0x70, 0xe0]],
  delete: [[0x7f]],
  "the last byte": [[0x25, 0x73, 0xff]],
};

const SIZE = 32;
const RDONLY_PROG = 128;

/** By the name in {@link formatMap}. */
export const FORMAT_MAPS: Readonly<Record<string, SuiteMap>> = Object.fromEntries(
  [...Object.entries(GOOD_FORMATS), ...Object.entries(BAD_FORMATS)].map(([, [format]], index) => {
    const bytes = new Uint8Array(SIZE);
    bytes.set(typeof format === "string" ? new TextEncoder().encode(format) : format);
    const spec = { type: "array", keySize: 4, valueSize: SIZE, maxEntries: 1, flags: RDONLY_PROG, frozen: true } as const;
    return [`format${index}`, { spec: { ...spec, contents: { kind: "bytes", bytes } } }];
  }),
);

/** The map that holds a format of that name. */
export function formatMap(name: string): string {
  const index = [...Object.keys(GOOD_FORMATS), ...Object.keys(BAD_FORMATS)].indexOf(name);
  if (index < 0) throw new Error(`there is no format ${name}`);
  return `format${index}`;
}

function texts(...formats: readonly string[]): Readonly<Record<string, Format>> {
  return Object.fromEntries(formats.map((format) => [format, [format]]));
}
