/** How the page looks: light and dark, on a phone, on paper. */
import { gridColor, ink, lineColor, paper, shadeColor, softInk } from './plots/theme.js';

/** In the dark the plots’ neutral colours are exchanged for the page’s. */
function plotColors(): string {
  const swap = (from: string, variable: string) =>
    `.plot [fill="${from}"]{fill:var(${variable})}.plot [stroke="${from}"]{stroke:var(${variable})}`;
  return [
    swap(ink, '--ink'),
    swap(softInk, '--soft'),
    swap(gridColor, '--grid'),
    swap(lineColor, '--line'),
    swap(shadeColor, '--shade'),
    swap(paper, '--card'),
  ].join('\n');
}

function light(selector: string): string {
  return `${selector}{color-scheme:light;--ink:${ink};--soft:${softInk};--grid:${gridColor};--line:${lineColor};--shade:${shadeColor};--page:#f6f8fa;--card:${paper};--bad:#b3261e;--warn:#7a4b00;--good:#1a6b3c;--link:#0a5ea8}`;
}

function dark(selector: string): string {
  return `${selector}{color-scheme:dark;--ink:#e8ecf1;--soft:#a5b0bd;--grid:#333b45;--line:#6b7683;--shade:#252c35;--page:#0f1318;--card:#171c23;--bad:#ff8f85;--warn:#f0b85a;--good:#7bd6a0;--link:#7cc0ff}`;
}

/** The style sheet of every page. `--back` is what is behind an element: the page, or the card that it is in. */
export const pageStyle = `
${light(':root')}
@media(prefers-color-scheme:dark){${dark(':root')}}
${light(':root[data-scheme=light]')}
${dark(':root[data-scheme=dark]')}
:root{--back:var(--page)}figure,.terms>div{--back:var(--card)}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
main{max-width:1400px;margin:0 auto;padding:24px clamp(12px,3vw,40px) 64px}
h1{font-size:28px;line-height:1.2;margin:0 0 8px;overflow-wrap:anywhere}
h2{font-size:19px;margin:0 0 12px}
h3{font-size:15px;margin:0 0 6px;overflow-wrap:anywhere}
.kicker{margin:0;color:var(--soft);letter-spacing:.04em}
.lead{margin:0 0 4px;max-width:80ch;overflow-wrap:anywhere}
.note,footer{color:var(--soft);font-size:13px;max-width:100ch}
.note{margin:8px 0 0}
section{margin:36px 0 0;scroll-margin-top:12px}
a{color:var(--link)}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:4px 18px;padding:0;margin:16px 0 0}
.alerts{list-style:none;padding:0;margin:16px 0 0;display:grid;gap:6px}
.alerts li{border-left:4px solid var(--warn);background:var(--card);padding:8px 12px;overflow-wrap:anywhere}
.alerts .bad{border-color:var(--bad);font-weight:600}
.scroll{overflow-x:auto}
.scroll,.plot{background:linear-gradient(90deg,var(--back) 50%,transparent) left/32px 100%,linear-gradient(270deg,var(--back) 50%,transparent) right/32px 100%,linear-gradient(90deg,var(--line),transparent) left/14px 100%,linear-gradient(270deg,var(--line),transparent) right/14px 100%;background-attachment:local,local,scroll,scroll;background-repeat:no-repeat}
.scroll{width:fit-content;max-width:100%}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{text-align:left;vertical-align:top;padding:5px 12px;border-bottom:1px solid var(--grid);white-space:nowrap;font-weight:400}
thead th{color:var(--soft);border-bottom-color:var(--line);vertical-align:bottom}
.r{text-align:right}
td.wide{white-space:normal;min-width:22ch;max-width:90ch;overflow-wrap:anywhere}
td.fold,th.fold{white-space:normal;min-width:12ch;overflow-wrap:anywhere}
.strong{font-weight:600}.dim{color:var(--soft)}.bad{color:var(--bad);font-weight:600}.warn{color:var(--warn)}.good{color:var(--good)}
.alerts li{color:var(--ink)}
.terms{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr));gap:16px}
.terms>div{background:var(--card);border:1px solid var(--grid);border-radius:6px;padding:14px 16px}
.terms p{margin:0 0 4px}dl{margin:0;display:grid;grid-template-columns:max-content 1fr;gap:3px 14px}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere;min-width:0}
.figures{margin-top:20px;display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,540px),1fr));gap:20px}
figure{margin:0;min-width:0;background:var(--card);border:1px solid var(--grid);border-radius:6px}
.plot svg{display:block;width:100%;min-width:500px;max-width:720px;height:auto;margin:0 auto}
figcaption{padding:14px 16px 0;font-size:13px;color:var(--soft)}
figcaption h3{color:var(--ink)}
figcaption p{margin:0}
details{padding:0 16px 12px;font-size:13px}
summary{cursor:pointer;color:var(--soft)}
@media(max-width:560px){dl{grid-template-columns:1fr}dt{margin-top:6px}}
button{font:inherit;color:inherit;cursor:pointer}
.scheme{float:right;background:var(--card);border:1px solid var(--line);border-radius:6px;padding:4px 12px;margin:0 0 8px 12px}
th button{background:none;border:0;padding:0;text-align:inherit;font-weight:400}
th button::after{content:"\\2195";margin-left:.35em;opacity:.35}
th[aria-sort=ascending] button::after{content:"\\2191";opacity:1}
th[aria-sort=descending] button::after{content:"\\2193";opacity:1}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
.plot{position:relative}
.stage{position:absolute;left:0;top:0;visibility:hidden;height:0;overflow:hidden}
.live{display:block}.live svg{background:none!important}
[hidden]{display:none!important}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
input[type=search]{font:inherit;color:var(--ink);background:var(--card);border:1px solid var(--line);border-radius:6px;padding:5px 10px;min-width:min(28ch,60vw)}
input[type=checkbox]{width:20px;height:20px;margin:0}
button.main{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:6px 14px;font-weight:600}
progress{width:100%;accent-color:var(--link)}
#vg-tooltip-element{visibility:hidden;position:fixed;z-index:9;padding:8px 10px;background:var(--card);color:var(--ink);border:1px solid var(--line);border-radius:6px;font-size:13px;pointer-events:none;max-width:min(400px,80vw)}
#vg-tooltip-element.visible{visibility:visible}
#vg-tooltip-element table{background:none}
#vg-tooltip-element td{padding:1px 0;border:0;white-space:normal;overflow-wrap:anywhere}
#vg-tooltip-element td.key{color:var(--soft);padding-right:10px;white-space:nowrap}
@media print{@page{margin:12mm}
${light(':root,:root[data-scheme]')}
nav,.scheme,th button::after{display:none}body{background:none;font-size:12px}main{padding:0;max-width:none}.scroll,.plot{overflow:visible;background:none}section{margin-top:20px}figure,tr,.terms>div{break-inside:avoid}h2,h3{break-after:avoid}.figures{grid-template-columns:repeat(auto-fit,minmax(300px,1fr))}.plot svg{min-width:0}td,th{white-space:normal;padding:3px 6px}}
${plotColors()}
`;
