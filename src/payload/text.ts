/** English-like text: it compresses as text does, and is plain ASCII, so that it can be cut anywhere. */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { oneOf, type Random } from './random.js';

/** The commonest words of English and some of the trade. */
const words =
  'the of and to in is that for it as was with be by on not he this are or his from at which but have an had they you were their one all we can her has there been if more when will would who so no out up into do any your what how time than then now only some could these two may first other new about after over such our made most also must before through years where much way well down should because long each just state those people take day good say great us come work use order message queue broker topic key value price customer item paid sent open closed retry error warning info cart ship total city street name number date'.split(
    ' ',
  );

/** Words to a sentence. */
const sentence = { least: 4, most: 14 };

/** @returns text of exactly so many bytes; the last word may be cut */
export function drawText(random: Random, bytes: number): string {
  let text = '';
  while (text.length < bytes) {
    const drawn = Array.from({ length: uniformInt(random, sentence.least, sentence.most) }, () => oneOf(random, words));
    const line = drawn.join(' ');
    text += `${line.charAt(0).toUpperCase()}${line.slice(1)}. `;
  }
  return text.slice(0, bytes);
}
