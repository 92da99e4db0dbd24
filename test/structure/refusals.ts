/** The messages of the source, and which of them no test quotes whole, as functions of a source tree: refusals.test.ts runs them on ours. */
import ts from 'typescript';
import type { SourceFile } from './layers.js';

/** Functions that make the text of a refusal of what they are given: which argument that is, and the texts. `#` is what was given. */
const SPEAKERS: Readonly<Record<string, readonly [argument: number, ...texts: string[]]>> = {
  fail: [0, '#'],
  wrong: [0, '#'],
  need: [1, 'not a vkernel core: #'],
  error: [0, '\0.\0: #'],
  CoreFormatError: [0, '#'],
  CheckpointError: [0, '#'],
  BaseError: [0, '#'],
  StateError: [0, '#'],
  MachineError: [0, '#'],
  getSafe: [2, '# is out of range: 0x\0'],
  checkRange: [3, '# is out of range: \0'],
  checkId: [1, '# is out of range: \0'],
  checkLength: [2, '# has \0 bytes, not \0'],
  getText: [3, '# does not end'],
};

/** A text with `\0` for what is only known when it is said. */
function templateOf(node: ts.Expression | undefined): string {
  if (node === undefined) return '\0';
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return '\0';
  return node.head.text + node.templateSpans.map(({ literal }) => `\0${literal.text}`).join('');
}

function* nodesOf(node: ts.Node): Iterable<ts.Node> {
  yield node;
  const children: ts.Node[] = [];
  ts.forEachChild(node, (child) => void children.push(child));
  for (const child of children) yield* nodesOf(child);
}

const parse = ({ path, text }: SourceFile): ts.SourceFile =>
  ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);

export interface Refusal {
  readonly where: string;
  readonly template: string;
}

/** What the files can refuse with. Left out is what a mistake in vkernel itself would say: when saving, or of a declaration. */
export function refusals(files: readonly SourceFile[]): Refusal[] {
  return files.map(parse).flatMap((source) =>
    [...nodesOf(source)].flatMap((node): Refusal[] => {
      if (!ts.isCallExpression(node) && !ts.isNewExpression(node)) return [];
      const { expression: called } = node;
      const name = ts.isPropertyAccessExpression(called) ? called.name.text : called.getText();
      if (called.getText().startsWith('saver.') || !Object.hasOwn(SPEAKERS, name)) return [];
      const [argument, ...texts] = SPEAKERS[name]!;
      const said = templateOf(node.arguments?.[argument]);
      const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      return texts.map((text) => ({
        where: `${source.fileName}:${line}`,
        template: text.replace('#', () => said),
      }));
    }),
  );
}

/** All texts in the files. */
export function quotes(files: readonly SourceFile[]): string[] {
  return files
    .map(parse)
    .flatMap((source) =>
      [...nodesOf(source)].flatMap((node) =>
        ts.isStringLiteral(node) || ts.isTemplateExpression(node) || ts.isNoSubstitutionTemplateLiteral(node)
          ? [templateOf(node)]
          : [],
      ),
    );
}

/** The refusals whose whole text none of these is. */
export function unquoted(all: readonly Refusal[], texts: readonly string[]): string[] {
  const known = [...new Set(texts)];
  return all
    .filter(({ template }) => /[a-z]/.test(template))
    .filter(({ template }) => {
      const parts = template.split('\0').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
      const pattern = new RegExp(`^${parts.join('[^]*')}$`);
      return !known.some((text) => pattern.test(text));
    })
    .map(({ where, template }) => `${where}: ${template.replaceAll('\0', '...')}`);
}
