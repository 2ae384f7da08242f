/** The words of an expression. */

/** An expression that is no expression, or has no value here. One line. */
export class ExpressionError extends Error {
  override readonly name = "ExpressionError";
  /** Where in the text, from 0; -1 when it is about a value. */
  readonly at: number;
  /** A name that never means anything in this program, wherever it stops. */
  readonly unknownName: boolean;

  constructor(message: string, at = -1, unknownName = false) {
    super(message);
    this.at = at;
    this.unknownName = unknownName;
  }
}

export type Token =
  | { readonly kind: "number"; readonly at: number; readonly text: string; readonly value: bigint }
  /** In quotes, or an IPv4 address as it is. */
  | { readonly kind: "text"; readonly at: number; readonly text: string; readonly value: string }
  | { readonly kind: "name"; readonly at: number; readonly text: string }
  | { readonly kind: "operator"; readonly at: number; readonly text: string }
  | { readonly kind: "end"; readonly at: number; readonly text: "" };

/** More are no expression that somebody wrote. */
const MOST_TOKENS = 1000;

const BLANK = /\s*/y;
const ADDRESS = /\d+\.\d+\.\d+\.\d+/y;
const NUMBER = /0x[0-9a-f][0-9a-f_]*\b|\d[\d_]*\b/iy;
const TEXT = /"([^"]*)"|'([^']*)'/y;
const SIGNED = /s[<>]=?/y;
const NAME = /[A-Za-z_$][\w$]*/y;
/** A map of variables has a dot before its name; behind a value, the dot is that of a field. */
const DOTTED = /\.[A-Za-z_][\w.]*/y;
const OPERATOR = /\|\||&&|==|!=|<<|>>|<=|>=|[-+*/%&|^<>~!()[\]{}.,:]/y;

/** @throws ExpressionError at a character that begins nothing. */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  for (;;) {
    at += match(BLANK)?.[0].length ?? 0;
    if (at >= text.length) break;
    const token = next(match, at, isValue(tokens.at(-1)));
    if (token === null) throw new ExpressionError(`expected a value or an operator, found ${text[at]} (column ${at + 1})`, at);
    tokens.push(token);
    if (tokens.length > MOST_TOKENS) throw new ExpressionError(`longer than ${MOST_TOKENS} words`, at);
    at += token.text.length;
  }
  tokens.push({ kind: "end", at, text: "" });
  return tokens;
}

const isValue = (token: Token | undefined): boolean =>
  token !== undefined && (token.kind === "name" || token.text === "]" || token.text === ")");

function next(match: (pattern: RegExp) => RegExpExecArray | null, at: number, afterValue: boolean): Token | null {
  const address = match(ADDRESS);
  if (address !== null) return { kind: "text", at, text: address[0], value: address[0] };
  const number = match(NUMBER);
  if (number !== null) return { kind: "number", at, text: number[0], value: BigInt(number[0].replaceAll("_", "")) };
  const quoted = match(TEXT);
  if (quoted !== null) return { kind: "text", at, text: quoted[0], value: quoted[1] ?? quoted[2] ?? "" };
  const operator = match(SIGNED);
  if (operator !== null) return { kind: "operator", at, text: operator[0] };
  const name = match(NAME) ?? (afterValue ? null : match(DOTTED));
  if (name !== null) return { kind: "name", at, text: name[0] };
  const sign = match(OPERATOR);
  return sign === null ? null : { kind: "operator", at, text: sign[0] };
}
