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

/** As libbpf (`set_kcfg_value_*`): long texts are cut, numbers that do not fit and letters where a number is expected are errors. */
function write(bytes: Uint8Array, extern: KconfigExtern, value: ConfigValue): void {
  const { name, value: kind, offset, size } = extern;
  const refuse = (why: string, options?: ErrorOptions): never => {
    throw new RangeError(
      `${name}: ${why}, found ${JSON.stringify(value, (_, each) => (typeof each === "bigint" ? `${each}` : each))}`,
      options,
    );
  };
  if (kind === "string") {
    // The last byte stays 0.
    bytes.set(new TextEncoder().encode(String(value)).subarray(0, size - 1), offset);
    return;
  }
  const letter = TRISTATE[String(value)];
  let wide = 0n;
  if (letter !== undefined) {
    if (kind === "int") refuse("expected a number");
    if (kind === "bool" && letter > 1) refuse("expected y or n; a value that may be m is a tristate");
    wide = BigInt(kind === "char" ? "nym".charCodeAt(letter) : letter);
  } else {
    try {
      wide = BigInt(value);
    } catch (cause) {
      refuse(`expected a value of kind ${kind}`, { cause });
    }
    if (kind === "tristate") refuse("expected y, m or n");
    if (kind === "bool" && (wide < 0n || wide > 1n)) refuse("expected a boolean");
    const bits = BigInt(size * 8);
    const [least, most] = extern.signed ? [-(1n << (bits - 1n)), 1n << (bits - 1n)] : [0n, 1n << bits];
    if (size < 8 && (wide < least || wide >= most)) refuse(`expected a number of ${bits} bits`);
  }
  for (let index = 0; index < size; index++, wide >>= 8n) bytes[offset + index] = Number(wide & 0xffn);
}
