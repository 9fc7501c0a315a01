// Makes golden.json: see README.md.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { Tokenizer as InJavaScript } from "@huggingface/tokenizers";

const require = createRequire(import.meta.url);
const { BPE, Tokenizer: InRust, byteLevelPreTokenizer } = require("tokenizers");
const gpt2 = require("gpt-3-encoder");
const here = (name) => fileURLToPath(new URL(name, import.meta.url));

const texts = [
  "Hello world", "Hello  world", " leading and trailing ", "don't you've we'll I'm he'd SHOUTN'T 'tis",
  "The quick brown fox jumps over 12,345 lazy dogs.", "tabs\tand\nnew\n\nlines \n ", "naïve café — “quotes”", "½ ² ١٢٣ 一二三",
  "床前看月光，疑是地上霜。舉頭望山月，低頭思故鄉。", "🙂🙃 emoji 👩‍👩‍👧", "x = 3*(y+4) != z; // comment", "    four spaces", "a".repeat(60),
  "First Citizen:\nBefore we proceed any further, hear me speak.", "\u00a0no\u2003break", "e\u0301 combining", "''''s 's's", "a", " ", "",
  "\r\n\r\n", "\u0000\u0001", "\ufeffbom\u0085next\u2028line", "<0x0A>", "thethethethethethethethethethethethethethethethethethe the",
];
const golden = { texts, gpt2: texts.map((text) => gpt2.encode(text)) };

for (const name of ["bpe", "characters", "sentencepiece"]) {
  const inRust = InRust.fromFile(here(name + ".json"));
  const inJavaScript = new InJavaScript(JSON.parse(readFileSync(here(name + ".json"))), { unk_token: "<unk>" });
  golden[name] = [];
  for (const text of texts) {
    const ids = (await inRust.encode(text, null, { addSpecialTokens: false })).getIds();
    golden[name].push(ids);
    const other = inJavaScript.encode(text, { add_special_tokens: false }).ids;
    if (`${other}` !== `${ids}`) console.log(`${name}: ${JSON.stringify(text)}: Rust ${ids}, JavaScript ${other}`);
  }
}

// The trainer reads a file by lines and has no other settings here.
const trained = new InRust(BPE.empty());
trained.setPreTokenizer(byteLevelPreTokenizer(false, true));
trained.train([here("corpus.txt")]);
const out = process.argv[2] + "/trained.json";
trained.save(out);
golden.merges = JSON.parse(readFileSync(out)).model.merges.slice(0, 1500).map((m) => (Array.isArray(m) ? m.join(" ") : m));

const lines = Object.entries(golden).map(([name, list]) => `${JSON.stringify(name)}: [\n${list.map((x) => JSON.stringify(x)).join(",\n")}\n]`);
writeFileSync(here("golden.json"), `{\n${lines.join(",\n")}\n}\n`);
