/** The commands of the debugger: names, what they take, what they do. gdb's and lldb's words where these have one. */

import { nearest } from "../../nearest.ts";
import type { Style } from "../terminal.ts";
import { type Answer, CommandError } from "./answer.ts";
import { type DebugCommand, nothing, times, whole } from "./command.ts";
import { breakCommand, deleteCommand, infoCommand, listBreakpoints, watchCommand } from "./commands-breakpoints.ts";
import { exprCommand, goToPacket, mapCommand, memoryCommand, packetCommand } from "./commands-data.ts";
import { showFrames, showInstructions, showSource } from "./show-code.ts";

export const COMMANDS: readonly DebugCommand[] = [
  {
    names: ["step", "s", "si", "stepi"],
    takes: "[N]",
    help: "one instruction, or N",
    repeats: true,
    run: (debug, rest) => debug.move((session) => session.step(), times(rest)),
  },
  {
    names: ["line", "next", "n"],
    takes: "[N | packet]",
    help: "to the next source line, over calls; next packet goes to the next packet of the capture",
    repeats: true,
    run: (debug, rest) => {
      if (rest === "packet" || rest === "p") return goToPacket(debug, debug.target.packet + 1);
      return debug.move((session, slice) => session.line(slice), times(rest));
    },
  },
  {
    names: ["finish", "fin", "out"],
    takes: "",
    help: "until the current function has returned",
    run: (debug, rest) => debug.move((session, slice) => session.finish(nothing(rest, slice))),
  },
  {
    names: ["continue", "c", "cont"],
    takes: "",
    help: "to the next breakpoint, change of something watched, fault, or the end; Ctrl-C stops it",
    repeats: true,
    run: (debug, rest) => debug.move((session, slice) => session.continue(nothing(rest, slice))),
  },
  {
    names: ["back", "rs", "rsi", "reverse-step"],
    takes: "[N | line]",
    help: "an instruction back, or N; back line: to the beginning of this source line, or of the one before",
    repeats: true,
    run: (debug, rest) => {
      if (rest === "line" || rest === "l") return debug.move((session, slice) => session.backLine(slice));
      return debug.move((session) => session.back(), times(rest));
    },
  },
  {
    names: ["rcontinue", "rc", "reverse-continue"],
    takes: "",
    help: "back to the previous breakpoint or change of something watched, or the beginning",
    repeats: true,
    run: (debug, rest) => debug.move((session, slice) => session.reverseContinue(nothing(rest, slice))),
  },
  {
    names: ["run", "restart", "r"],
    takes: "",
    help: "to the beginning of this run; maps are what they were",
    run: async (debug, rest) => {
      nothing(rest, null);
      await debug.target.restart();
      return debug.began();
    },
  },
  breakCommand,
  watchCommand,
  deleteCommand,
  infoCommand,
  {
    names: ["breakpoints"],
    takes: "",
    help: "breakpoints and watches; as info breakpoints",
    run: (debug, rest) => listBreakpoints(nothing(rest, debug)),
  },
  exprCommand,
  packetCommand,
  memoryCommand,
  {
    names: ["list", "l"],
    takes: "[LINE]",
    help: "source around the current line, or around another",
    run: (debug, rest) => showSource(debug.session, debug.sources, rest === "" ? undefined : whole(rest, "list [LINE]")),
  },
  {
    names: ["disassemble", "dis"],
    takes: "[all]",
    help: "instructions around the current one, or all of the program",
    run: (debug, rest) => {
      if (rest !== "" && rest !== "all") throw new CommandError(`disassemble takes nothing or all, found ${rest}`);
      return showInstructions(debug.session, debug.sources, rest === "all");
    },
  },
  mapCommand,
  {
    names: ["backtrace", "bt", "where"],
    takes: "",
    help: "functions that have not returned, the innermost first",
    run: (debug, rest) => showFrames(nothing(rest, debug).session),
  },
  { names: ["help", "h", "?"], takes: "[COMMAND]", help: "this list, or one command", run: (_, rest) => helpAnswer(rest) },
  {
    names: ["quit", "q", "exit"],
    takes: "",
    help: "ends the debugger",
    run: (_, rest) => nothing(rest, null),
  },
];

/** The command that a word means: a name, or the beginning of exactly one full name. @throws CommandError */
export function findCommand(word: string): DebugCommand {
  const exact = COMMANDS.find(({ names }) => names.includes(word));
  if (exact !== undefined) return exact;
  const begun = COMMANDS.filter(({ names }) => names[0]?.startsWith(word));
  if (begun.length === 1) return begun[0]!;
  if (begun.length > 1) throw new CommandError(`${word} may be ${begun.map(({ names }) => names[0]).join(" or ")}`);
  const near = nearest(
    word,
    COMMANDS.flatMap(({ names }) => names),
  );
  throw new CommandError(`there is no command ${word}${near === null ? "" : `; did you mean ${near}?`} (help lists them)`);
}

function helpAnswer(word: string): Answer {
  const commands = word === "" ? COMMANDS : [findCommand(word)];
  const rows = commands.map(({ names, takes, help }) => ({ name: names[0] ?? "", short: names.slice(1), takes, help }));
  return {
    json: { type: "help", commands: rows },
    lines(style: Style) {
      const heads = rows.map(({ name, takes }) => `${name}${takes === "" ? "" : ` ${takes}`}`);
      const width = Math.min(34, Math.max(...heads.map((head) => head.length)));
      const lines = rows.map(({ short, help }, index) => {
        const others = short.length === 0 ? "" : style.dim(` (${short.join(", ")})`);
        const head = heads[index] ?? "";
        return head.length > width
          ? [`  ${head}`, `  ${" ".repeat(width)}  ${help}${others}`]
          : [`  ${head.padEnd(width)}  ${help}${others}`];
      });
      const end = ["", "A name may be shortened as long as it is clear. An empty line repeats the last move. Tab completes."];
      return [...lines.flat(), ...(word === "" ? end : [])];
    },
  };
}
