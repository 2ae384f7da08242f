/** `skep verify FILE`: whether kernels take a program, without having them; and if not, why. */

import type { Explanation } from "../../verifier/explain/explanation.ts";
import { type Arguments, type CommandHelp, fileOperand } from "../arguments.ts";
import { destinationsNamed, oldestOf } from "../destinations.ts";
import { CliError, EXIT, type ExitStatus } from "../exit.ts";
import { toJson } from "../maps.ts";
import { selectPrograms } from "../programs.ts";
import { sourceReader } from "../source-lines.ts";
import { naming, openSpec, write } from "../sources.ts";
import { hasColours, styleFor } from "../terminal.ts";
import type { Destination, Verification } from "../verification.ts";

const help: CommandHelp = {
  name: "verify",
  summary: "whether kernels take a program, offline, and if not, why",
  operands: "FILE [--kernel VERSION,…]",
  options: {
    kernel: {
      value: "VERSION,…",
      multiple: true,
      help: "6.1, 6.12, 6.18, embedded: one or several; the default is the three kernels",
    },
    program: { value: "NAME", multiple: true, help: "only this program" },
    log: { help: "the walk, state by state, in the kernel's notation (of one kernel: the newest by default)" },
    profile: {
      help: "where the verifier's steps go, by source line, and why paths are walked again (of one kernel: the newest by default)",
    },
    editor: { help: "diagnostics in the shape of the Language Server Protocol, as JSON" },
    lines: { help: "one line for each refusal, as compilers print them; on GitHub Actions as annotations" },
  },
  notes: [
    "FILE is a .bpf.ts source, a C source (.c, through clang: docs/c.md), or an object file.",
    "embedded is the embedded engine, without a recorded room: what needs a kernel's types is refused.",
    "The verdicts are those of the kernels' verifiers, for a process with all privileges; docs/verifier-differences.md says where they differ.",
    "Suggestions that could be tried on the instructions say so: checked, passes with this.",
    "--profile --json adds the profile to the JSON, as profile and differences.",
    "Ends with status 5 when a kernel refuses one of the programs.",
  ],
  examples: [
    "skep verify examples/firewall.bpf.ts",
    "skep verify prog.o --kernel 6.1,6.12 --program firewall",
    "skep verify prog.o --profile",
    "skep verify prog.o --kernel 6.18 --log | less",
  ],
};

const FORMATS = ["json", "log", "profile", "editor", "lines"] as const;

async function execute(args: Arguments): Promise<ExitStatus> {
  const file = fileOperand(help, args);
  const profile = args.flag("profile");
  // Both together are the profile, as JSON.
  const chosen = FORMATS.filter((format) => args.flag(format) && !(format === "profile" && args.flag("json")));
  if (chosen.length > 1) throw new CliError(EXIT.usage, `choose one of ${chosen.map((format) => `--${format}`).join(" and ")}`);
  const [format = "text"] = chosen;
  const destinations = await destinationsOf(args.values("kernel"), format === "log" || profile);
  // As it would be compiled for all of them: an object is what it is.
  const since = oldestOf(destinations);
  const spec = await openSpec(file, since === undefined ? {} : { since });
  const names = args.values("program");
  const programs = names.length === 0 ? spec.programs : selectPrograms(spec, names);
  if (programs.length === 0) throw new CliError(EXIT.input, `${file}: there is no program in it`);
  const { verifyFor } = await import("../verification.ts");
  const view: View = { file, source: sourceReader(file), profile };
  const tell = TELL_PROGRAM[format];
  const tellAll = TELL_ALL[format];
  const all: Verification[] = [];
  let accepted = true;
  for (const program of programs) {
    const own: Verification[] = [];
    for (const destination of destinations)
      own.push(await naming(file, () => verifyFor(spec, program, destination, { log: format === "log", profile })));
    accepted &&= own.every(({ verdict }) => verdict?.accepted === true);
    if (format === "text" && program !== programs[0]) await write("\n");
    if (tell !== undefined) await write(await tell(own, view));
    // Logs are long: they are kept no longer than needed.
    if (tellAll !== undefined) all.push(...own);
  }
  if (tellAll !== undefined) await write(await tellAll(all, view));
  return accepted ? EXIT.ok : EXIT.refused;
}

type Format = (typeof FORMATS)[number] | "text";

interface View {
  readonly file: string;
  readonly source: (file: string) => readonly string[] | null;
  readonly profile: boolean;
}

type Tell = (results: readonly Verification[], view: View) => Promise<string>;

/** For people: each program as soon as it is known, with all of its kernels. */
const TELL_PROGRAM: { readonly [F in Format]?: Tell } = {
  async text(results, { source }) {
    const { renderVerification } = await import("../render-verification.ts");
    const style = styleFor(process.stdout);
    return renderVerification(results, { style, color: hasColours(process.stdout), source });
  },
  async log(results) {
    const style = styleFor(process.stdout);
    return results
      .map(({ program, verdict, unfit }) => `${style.bold(program.name)}\n${(verdict?.log ?? [unfit ?? ""]).join("\n")}\n`)
      .join("");
  },
  async profile(results) {
    const { renderProfile } = await import("../render-verification.ts");
    const style = styleFor(process.stdout);
    return results.map((result) => `${renderProfile(result, style)}\n`).join("");
  },
};

/** For machines: one document of all programs. */
const TELL_ALL: { readonly [F in Format]?: Tell } = {
  async json(results, { file, profile }) {
    const { profileOf } = await import("../verification.ts");
    const profileIn = ({ program, verdict }: Verification) => ({
      profile: verdict === null ? [] : profileOf(program, verdict.visits),
      differences: verdict?.differences ?? [],
    });
    const plain = results.map((result) => ({ ...plainResult(result), ...(profile ? profileIn(result) : {}) }));
    return `${toJson({ file, results: plain })}\n`;
  },
  async editor(results, { source }) {
    const { toDiagnostic } = await import("../../verifier/explain/render/editor.ts");
    return `${toJson((await refusals(results)).map((explanation) => toDiagnostic(explanation, source)))}\n`;
  },
  async lines(results) {
    const { errorLine, githubLine } = await import("../../verifier/explain/render/line.ts");
    const line = process.env["GITHUB_ACTIONS"] === "true" ? githubLine : errorLine;
    return (await refusals(results)).map((explanation) => `${line(explanation)}\n`).join("");
  },
};

/** What several kernels refuse for the same reason is said once. */
async function refusals(results: readonly Verification[]): Promise<Explanation[]> {
  const { grouped } = await import("../verification.ts");
  return grouped(results).flatMap(([first]) => (first?.explanation == null ? [] : [first.explanation]));
}

/** @param one whether one is enough when none was asked for. */
async function destinationsOf(values: readonly string[], one: boolean): Promise<Destination[]> {
  const { KERNELS } = await import("../../verifier/targets/index.ts");
  const wanted = values.flatMap((value) => value.split(",")).map((value) => value.trim());
  return destinationsNamed(wanted.length > 0 ? wanted : one ? KERNELS.slice(-1) : KERNELS, "--kernel");
}

function plainResult({ program, kernel, verdict, explanation, unfit }: Verification) {
  return {
    program: program.name,
    kernel,
    accepted: verdict?.accepted === true,
    processed: verdict?.processed ?? 0,
    states: verdict?.states ?? 0,
    peakStates: verdict?.peakStates ?? 0,
    stackDepth: verdict?.stackDepth ?? 0,
    errno: verdict?.refusal?.code ?? null,
    unfit,
    explanation,
  };
}

export const verify = { help, run: execute };
