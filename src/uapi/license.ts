// Data from include/linux/license.h (Linux 6.18): `license_is_gpl_compatible`.

const GPL_COMPATIBLE: ReadonlySet<string> = new Set([
  "GPL",
  "GPL v2",
  "GPL and additional rights",
  "Dual BSD/GPL",
  "Dual MIT/GPL",
  "Dual MPL/GPL",
]);

/** Whether a program under this licence has what the kernel keeps for those that are compatible with its own. */
export function isGplCompatible(license: string): boolean {
  return GPL_COMPATIBLE.has(license);
}
