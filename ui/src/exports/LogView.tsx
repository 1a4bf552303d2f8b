import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState } from 'react';
import { logsQuery } from '../api/queries';
import { useZone } from '../app/zone';
import { date, preciseClock, zoneName } from '../time/format';
import { Button, CopyButton, Empty, Failure, Loading, Panel, SearchBox, Segments } from '../ui/kit';

const LEVELS = { all: [], INFO: ['INFO', 'WARNING', 'ERROR'], WARNING: ['WARNING', 'ERROR'], ERROR: ['ERROR'] } as Record<string, string[]>;

interface Props {
  project: number;
  exportId: string;
  run?: string;
  live: boolean;
  level: string;
  search: string;
  onFilter: (filter: { level: string; search: string }) => void;
}

/** Oldest line at the top, as in a terminal; new ones come in at the end, which is followed while it is in view. */
export function LogView({ project, exportId, run, live, level, search, onFilter }: Props) {
  const { zone } = useZone();
  const box = useRef<HTMLDivElement>(null);
  const [follow, setFollow] = useState(true);
  const logs = useInfiniteQuery(logsQuery(project, exportId, { run, levels: LEVELS[level] ?? [], search }, live));
  const lines = useMemo(() => (logs.data?.pages.flatMap((page) => page.results) ?? []).toReversed(), [logs.data]);
  const rows = useVirtualizer({ count: lines.length, getScrollElement: () => box.current, estimateSize: () => (run ? 20 : 24), overscan: 20 });
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = logs;

  useEffect(() => {
    if (follow && lines.length > 0) {
      rows.scrollToIndex(lines.length - 1, { align: 'end' });
    }
  }, [follow, lines.length, rows]);

  const text = () => lines.map((line) => `${line.timestamp}  ${line.level.padEnd(7)}  ${line.stage.padEnd(8)}  ${line.message}`).join('\n');
  return (
    <Panel
      flush
      title={<span className="row">Log {live && <span className="live" style={{ padding: 0 }}><i className="dot ok" />live</span>}</span>}
      actions={
        <>
          <SearchBox label="Search the log" placeholder="Search the log" shortcut value={search} onChange={(next) => onFilter({ level, search: next })} />
          <Segments
            label="Least level"
            value={level}
            onChange={(next) => onFilter({ level: next, search })}
            options={[
              { value: 'all', label: 'All' },
              { value: 'INFO', label: 'Info' },
              { value: 'WARNING', label: 'Warning' },
              { value: 'ERROR', label: 'Error' },
            ]}
          />
          <label className="choice" style={{ alignItems: 'center' }}>
            <input type="checkbox" style={{ margin: 0 }} checked={follow} onChange={(event) => setFollow(event.target.checked)} /> Follow
          </label>
          <CopyButton text={text()} label="Copy these lines" />
          <Button icon="download" label="Download these lines" onClick={() => download(text(), `batch-export-${run ?? exportId}.log`)} />
        </>
      }
    >
      {logs.isPending && <Loading what="the log" />}
      {logs.isError && <Failure what="The log" error={logs.error} onRetry={() => void logs.refetch()} />}
      {logs.data && lines.length === 0 && (
        <Empty title="No line">{search || level !== 'all' ? 'Nothing matches the search and level.' : 'A run writes its first line when it starts.'}</Empty>
      )}
      {lines.length > 0 && (
        <div
          className={`log ${run ? '' : 'tall'}`}
          ref={box}
          tabIndex={0}
          role="log"
          aria-label="Log lines"
          aria-live="off"
          onWheel={(event) => event.deltaY < 0 && setFollow(false)}
          onScroll={(event) => {
            const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
            if (scrollTop < 200 && hasNextPage && !isFetchingNextPage && !follow) {
              void fetchNextPage();
            }
            if (scrollHeight - scrollTop - clientHeight < 8 && !follow) {
              setFollow(true);
            }
          }}
        >
          <div className="vspace" style={{ height: rows.getTotalSize() }}>
            {rows.getVirtualItems().map((item) => {
              const line = lines[item.index]!;
              const at = Date.parse(line.timestamp);
              return (
                <div key={item.key} ref={rows.measureElement} data-index={item.index} className={`line ${run ? '' : 'dated'}`} style={{ transform: `translateY(${item.start}px)` }}>
                  <span className="muted nowrap">
                    {run ? '' : `${date(at, zone)} `}{preciseClock(at, zone)} {zoneName(at, zone)}
                  </span>
                  <span className={line.level}>{line.level}</span>
                  <span className="muted">
                    {!run && line.run_id ? (
                      <Link to="/projects/$projectId/exports/$exportId/runs/$runId" params={{ projectId: String(project), exportId, runId: line.run_id }} aria-label={`Run of this ${line.stage} line`}>{line.stage}</Link>
                    ) : (
                      line.stage
                    )}
                  </span>
                  <span className="text">{line.message}</span>
                </div>
              );
            })}
          </div>
        </div>
      )}
    </Panel>
  );
}

function download(text: string, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
