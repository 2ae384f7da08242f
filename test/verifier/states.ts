/** Comparing two logs of level 2, line by line: only what tells of the walk and its states. */

/** Ids are numbered anew, in the order in which a log tells them: what counts is which are the same. */
function renumber(lines: readonly string[]): string[] {
  const numbers = new Map<string, number>();
  const number = (id: string) => {
    const known = numbers.get(id) ?? numbers.size + 1;
    numbers.set(id, known);
    return known;
  };
  return lines.map((line) =>
    line
      .replace(/\b(id|ref_obj_id|ref_id|dynptr_id)=(\d+)/g, (_, name: string, id: string) => `${name}=${number(id)}`)
      .replace(/ refs=([\d,]+)/, (_, ids: string) => ` refs=${ids.split(",").map(number).join(",")}`),
  );
}

/** Lines that are compared, without what differs between loads of the same program. */
export function comparable(log: string): string[] {
  const lines: string[] = [];
  let live = false;
  for (const line of log.split("\n")) {
    // What registers live before each instruction (6.15 on) is printed before the walk.
    if (line === "Live regs before insn:") live = true;
    else if (live && /^ *\d* +\d+: \S{10} /.test(line)) continue;
    else {
      live = false;
      if (line === "" || SKIPPED.test(line)) continue;
      // A state stands behind its instruction, or on a line of its own when something was logged in between.
      const [instruction, state] = splitState(plain(line));
      if (instruction !== "") lines.push(instruction);
      if (state !== "") lines.push(state);
    }
  }
  return renumber(lines);
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
  /^(func#|SCC |\([\d,]+\) (frame|live stack)|arg#\d+ reference type|processed \d+|verification time|stack depth|mark_precise|regs=|parent |last_idx|propagating|frame \d+: propagating|Validating |Func#\d+ .*is (safe|global)|; )/;

function splitState(line: string): readonly [string, string] {
  const behind = /^(\d+: \(.*?) +;(.*)$/.exec(line);
  if (behind !== null) return [behind[1]!, behind[2]!.trim()];
  const alone = /^\d+:((?: frame\d+:)?(?: R\d+=| fp-\d+=| refs=).*)?$/.exec(line);
  return alone === null ? [line, ""] : ["", (alone[1] ?? "").trim()];
}

function plain(line: string): string {
  return (
    line
      // Marks of liveness, which 6.18 no longer has and we never had.
      .replace(/\b(R\d+|fp-\d+)_[rwD]+=/g, "$1=")
      // Numbers of kernel functions, addresses of maps.
      .replace(/^(\d+: \(85\) call \w+)#\d+/, "$1")
      .replace(/(\(18\) r\d+ = )0x[0-9a-f]+/, "$1…")
      .trimEnd()
  );
}
