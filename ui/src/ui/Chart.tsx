import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { clock, moment, shortDate } from '../time/format';
import { useTheme } from './kit';

interface Props {
  title: string;
  /** Seconds since the epoch, ascending. */
  times: number[];
  values: number[];
  /** Neighbours further apart than so many seconds are not joined. */
  gap: number;
  format: (value: number) => string;
  /** How far apart the lines of the scale may be; round numbers by default. */
  steps?: number[];
  /** A colour variable of the theme. */
  tone: string;
  zone: string;
}

export default function Chart({ title, times, values, gap, format, steps, tone, zone }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const { dark } = useTheme();
  const newest = `latest, ${moment((times.at(-1) ?? 0) * 1000, zone)}: ${format(values.at(-1) ?? 0)}`;

  useEffect(() => {
    const element = box.current;
    if (!element) {
      return;
    }
    const style = getComputedStyle(element);
    const colour = style.getPropertyValue(tone).trim();
    const muted = style.getPropertyValue('--muted').trim();
    const line = style.getPropertyValue('--line').trim();
    const font = '11px "Inter Variable", sans-serif';
    const [xs, ys] = withGaps(times, values, gap);
    const span = (times.at(-1) ?? 0) - (times[0] ?? 0);
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height: 190,
        padding: [8, 8, 0, 0],
        tzDate: (time) => uPlot.tzDate(new Date(time * 1000), zone),
        legend: { show: false },
        cursor: { y: false, points: { size: 6 } },
        scales: { x: { time: true }, y: { range: (_, __, max) => [0, max > 0 ? max * 1.08 : 1] } },
        axes: [
          { stroke: muted, font, size: 30, space: 90, grid: { stroke: line, width: 1 }, ticks: { show: false }, values: (_, splits) => splits.map((split) => label(split * 1000, span, zone)) },
          { stroke: muted, font, size: 66, incrs: steps, grid: { stroke: line, width: 1 }, ticks: { show: false }, values: (_, splits) => splits.map(format) },
        ],
        series: [{}, { stroke: colour, width: 1.5, fill: `color-mix(in srgb, ${colour} 14%, transparent)`, points: { show: times.length < 40, size: 5 }, spanGaps: false }],
        hooks: {
          setCursor: [
            (chart) => {
              const index = chart.cursor.idx;
              const value = index == null ? null : chart.data[1]![index];
              const tip = element.parentElement?.querySelector('[data-tip]');
              if (tip) {
                tip.textContent = index == null || value == null ? newest : `${moment(chart.data[0][index]! * 1000, zone)}: ${format(value)}`;
              }
            },
          ],
        },
      },
      [xs, ys],
      element,
    );
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: 190 }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [times, values, gap, format, steps, tone, zone, dark, newest]);

  const largest = Math.max(...values);
  return (
    <div>
      <div className="chart" ref={box} role="img" aria-label={`${title}: ${values.length} intervals, at most ${format(largest)}, latest ${format(values.at(-1) ?? 0)}`} />
      <p className="small muted" data-tip="" aria-hidden="true">{newest}</p>
    </div>
  );
}

function label(time: number, span: number, zone: string): string {
  if (span > 6 * 86_400) {
    return shortDate(time, zone);
  }
  return span > 1.5 * 86_400 ? `${shortDate(time, zone)} ${clock(time, zone)}` : clock(time, zone);
}

function withGaps(times: number[], values: number[], gap: number): [number[], (number | null)[]] {
  const xs: number[] = [];
  const ys: (number | null)[] = [];
  times.forEach((time, index) => {
    const before = times[index - 1];
    if (before !== undefined && time - before > gap) {
      xs.push(before + gap / 2);
      ys.push(null);
    }
    xs.push(time);
    ys.push(values[index] ?? null);
  });
  return [xs, ys];
}
