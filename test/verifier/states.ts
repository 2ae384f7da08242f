/** Comparing two logs of level 2, line by line: only what tells of the walk and its states. */

/** Lines that are compared, without what differs between loads of the same program. */
export function comparable(log: string): string[] {
  const lines: string[] = [];
  let live = false;
  for (const line of log.split("\n")) {
    // What registers live before each instruction (6.15 on) is printed before the walk.
    if (line === "Live regs before insn:") live = true;
    else if (live && /^ +\d+: \S{10} /.test(line)) continue;
    else {
      live = false;
      if (line === "" || SKIPPED.test(line)) continue;
      lines.push(plain(line));
    }
  }
  return lines;
}

/** The first line that differs, or null. */
export function firstDifference(
  ours: readonly string[],
  theirs: readonly string[],
): { line: number; ours: string; theirs: string } | null {
  for (let line = 0; line < Math.max(ours.length, theirs.length); line++) {
    const [our, their] = [ours[line] ?? "(end)", theirs[line] ?? "(end)"];
    if (our !== their) return { line, ours: our, theirs: their };
  }
  return null;
}

const SKIPPED =
  /^(func#|processed \d+|verification time|stack depth|mark_precise|regs=|parent |last_idx|Validating |Func#\d+ .*is (safe|global)|; )/;

function plain(line: string): string {
  return (
    line
      // Marks of liveness, which 6.18 no longer has and we never had.
      .replace(/\b(R\d+|fp-\d+)_[rwD]+=/g, "$1=")
      // Addresses of maps.
      .replace(/(\(18\) r\d+ = )0x[0-9a-f]+/, "$1…")
      .replace(/ +;/, " ;")
      .trimEnd()
  );
}
