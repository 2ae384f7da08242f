/**
 * Which definition each name means: one strong one, or the first of the weak ones, or none, when the kernel (or a later
 * link) is to provide it.
 */

import { STB, STV } from "../elf.ts";
import { declarationsDiffer } from "./declarations.ts";
import { LinkError } from "./errors.ts";
import type { Input } from "./input.ts";
import type { MergedSections } from "./sections.ts";

/** A symbol of an input. */
export interface SymbolReference {
  readonly input: Input;
  readonly symbol: number;
}

/** What all inputs together say about a name. */
export interface GlobalSymbol {
  readonly name: string;
  /** Null when no input defines it. */
  definition: SymbolReference | null;
  /** Whether anybody needs it: a weak one may be missing. */
  isStrong: boolean;
  /** The strictest of all: hidden from who loads the object, if one hides it. */
  visibility: number;
  readonly mentions: SymbolReference[];
}

/**
 * Resolves the names of all inputs, in order of first mention.
 * @throws LinkError `symbol` when two inputs define a name, `types` when they disagree about what it is.
 */
export function resolveSymbols(inputs: readonly Input[], sections: MergedSections): Map<string, GlobalSymbol> {
  const globals = new Map<string, GlobalSymbol>();
  for (const input of inputs) {
    const { symbols } = input.elf;
    for (const symbol of input.globals()) {
      if (sections.isRepeated(input, symbols.section[symbol]!)) continue;
      const name = symbols.name(symbol);
      let known = globals.get(name);
      if (known === undefined) {
        known = { name, definition: null, isStrong: false, visibility: STV.DEFAULT, mentions: [] };
        globals.set(name, known);
      }
      add(known, { input, symbol });
    }
  }
  for (const global of globals.values()) checkTypes(global);
  return globals;
}

function add(global: GlobalSymbol, mention: SymbolReference): void {
  const { input, symbol } = mention;
  const { symbols } = input.elf;
  const isStrong = symbols.binding[symbol] === STB.GLOBAL;
  const visibility = symbols.visibility[symbol]!;
  global.mentions.push(mention);
  if (isStrong) global.isStrong = true;
  // In the order of their numbers, but for the default: internal, hidden, protected.
  if (visibility !== STV.DEFAULT && (global.visibility === STV.DEFAULT || visibility < global.visibility))
    global.visibility = visibility;
  if (!input.isDefined(symbol)) return;
  const { definition } = global;
  if (definition === null) global.definition = mention;
  else if (isStrong) {
    if (definition.input.elf.symbols.binding[definition.symbol] === STB.GLOBAL) {
      throw new LinkError("symbol", "expected one definition, found one in each; make one of them static, weak or extern", {
        symbol: global.name,
        files: [definition.input.name, input.name],
      });
    }
    global.definition = mention;
  }
}

/** All must mean the same: compared with the definition, or with the first who mentions it. */
function checkTypes({ name, definition, mentions }: GlobalSymbol): void {
  const first = definition ?? mentions[0]!;
  for (const { input } of mentions) {
    if (input === first.input) continue;
    const difference = declarationsDiffer(name, first.input, input);
    if (difference === null) continue;
    throw new LinkError("types", `expected the same declaration in both, found ${difference}`, {
      symbol: name,
      files: [first.input.name, input.name],
    });
  }
}
