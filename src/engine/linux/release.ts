/** Kernel versions, as in `6.18` and `6.18.44-fc-v657`. */

/** True when a kernel of this release has what came with version `since`. True too when the release cannot be read. */
export function atLeast(release: string, since: string): boolean {
  const have = parse(release);
  const want = parse(since);
  if (have === null || want === null) return true;
  return have[0] !== want[0] ? have[0] > want[0] : have[1] >= want[1];
}

function parse(release: string): readonly [major: number, minor: number] | null {
  const match = /^(\d+)\.(\d+)/.exec(release);
  return match === null ? null : [Number(match[1]), Number(match[2])];
}
