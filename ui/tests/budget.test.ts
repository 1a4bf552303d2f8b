import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

const dist = join(import.meta.dirname, '..', 'dist');

/** The weight of what the first page needs; `npm run build` comes first. */
describe.skipIf(!existsSync(join(dist, 'index.html')))('the build', () => {
  const page = existsSync(join(dist, 'index.html')) ? readFileSync(join(dist, 'index.html'), 'utf8') : '';
  const weight = (kind: RegExp) =>
    [...page.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)]
      .map((match) => match[1]!)
      .filter((name) => kind.test(name))
      .reduce((sum, name) => sum + gzipSync(readFileSync(join(dist, name)), { level: 9 }).length, 0);

  it('enters with at most 200 KB of script and 35 KB of style, compressed', () => {
    expect(weight(/\.js$/)).toBeGreaterThan(10_000);
    expect(weight(/\.js$/)).toBeLessThan(200_000);
    expect(weight(/\.css$/)).toBeLessThan(35_000);
  });

  it('asks nobody else for anything, and has nothing inline', () => {
    expect(page).not.toMatch(/(src|href)="(https?:)?\/\//);
    expect(page).not.toMatch(/<script(?![^>]*src=)|<style|style=/);
  });

  it('comes compressed', () => {
    const names = readdirSync(join(dist, 'assets'));
    expect(names.filter((name) => name.endsWith('.js')).every((name) => names.includes(`${name}.br`) && names.includes(`${name}.gz`))).toBe(true);
  });
});
