/** What loaders print around a verifier's log. */

/** libbpf's lines, with which it begins and ends a log; and those it says around it. */
const BEGIN = /-- BEGIN PROG LOAD LOG --/;
const END = /-- END PROG LOAD LOG --/;
const SAID = /^(?:libbpf: |Error: |error: |ERROR: |level=|\[\s*\d+\.\d+\] )/;

/** The log alone: between libbpf's marks where there are any (the last such), else without the lines of loaders. */
export function withoutFrame(lines: readonly string[]): readonly string[] {
  const begin = lines.findLastIndex((line) => BEGIN.test(line));
  if (begin < 0) return lines.filter((line) => !SAID.test(line));
  const end = lines.findIndex((line, at) => at > begin && END.test(line));
  return lines.slice(begin + 1, end < 0 ? undefined : end);
}
