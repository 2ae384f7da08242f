/** The kernel's configuration as programs see it (`__kconfig`): values by name, written into the map of variables that holds them. */

import type { KconfigExtern, MapSpec, Spec } from "../object/spec.ts";

/** A value: a number, a text, `y`, `m` or `n`. */
export type ConfigValue = number | bigint | string | boolean;

/** `enum libbpf_tristate`. */
const TRISTATE: Readonly<Record<string, number>> = { n: 0, y: 1, m: 2, false: 0, true: 1 };

/**
 * The Spec with its configuration filled in.
 * @param settingOf what the kernel says; undefined when it does not.
 * @param missing the error for what a program needs and nobody says.
 */
export function fillConfig(
  spec: Spec,
  settingOf: (name: string) => ConfigValue | undefined,
  missing: (name: string) => Error,
): Spec {
  const externs = (spec.externs ?? []).filter((extern): extern is KconfigExtern => extern.kind === "kconfig");
  if (externs.length === 0) return spec;
  const fill = (map: MapSpec): MapSpec => {
    const own = externs.filter((extern) => extern.map === map.name);
    if (own.length === 0) return map;
    const bytes = new Uint8Array(map.valueSize);
    for (const extern of own) {
      const value = settingOf(extern.name);
      if (value !== undefined) write(bytes, extern, value);
      else if (!extern.weak) throw missing(extern.name);
    }
    return { ...map, contents: { kind: "bytes", bytes } };
  };
  return { ...spec, maps: spec.maps.map(fill) };
}

function write(bytes: Uint8Array, { name, value: kind, offset, size }: KconfigExtern, value: ConfigValue): void {
  if (kind === "string") {
    const text = new TextEncoder().encode(String(value));
    if (text.length >= size) throw new RangeError(`${name}: expected at most ${size - 1} characters, found ${text.length}`);
    bytes.set(text, offset);
    return;
  }
  const letter = kind === "char" ? String(value).charCodeAt(0) : TRISTATE[String(value)];
  let wide: bigint;
  try {
    wide = letter === undefined ? BigInt(value) : BigInt(letter);
  } catch (cause) {
    throw new RangeError(`${name}: expected a value of kind ${kind}, found ${JSON.stringify(value)}`, { cause });
  }
  for (let index = 0; index < size; index++, wide >>= 8n) bytes[offset + index] = Number(wide & 0xffn);
}
