import { useIsFetching, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { answerOf, ApiError, client } from '../api/client';
import { useEvents } from '../api/events';
import { overviewQuery, sessionQuery } from '../api/queries';
import { Icon } from '../ui/icons';
import { Button, useTheme } from '../ui/kit';
import { isTrouble } from '../exports/health';
import { Palette } from './Palette';
import { useProject } from './session';
import { useZone, ZoneProvider, zoneChoices } from './zone';

export function Shell() {
  return (
    <ZoneProvider>
      <Frame />
    </ZoneProvider>
  );
}

const LIVE = {
  connecting: { dot: '', text: 'Connecting …' },
  live: { dot: 'ok', text: 'Live' },
  polling: { dot: 'warn', text: 'Updates every 5 s' },
};

function Frame() {
  const project = useProject();
  const liveness = useEvents(project);
  const session = useQuery(sessionQuery);
  const overview = useQuery(overviewQuery(project));
  const { zone, choose } = useZone();
  const { dark, toggle } = useTheme();
  const [searching, setSearching] = useState(false);
  const navigate = useNavigate();
  const queries = useQueryClient();
  const busy = useIsFetching();

  useEffect(() => localStorage.setItem('project', String(project)), [project]);

  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        setSearching(true);
        return;
      }
      const typing = event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
      if (event.key === '/' && !typing && !event.metaKey && !event.ctrlKey && !event.altKey) {
        const box = document.querySelector<HTMLInputElement>('input[data-shortcut="search"]');
        event.preventDefault();
        if (box) {
          box.focus();
        } else {
          setSearching(true);
        }
      }
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, []);

  const signOut = async () => {
    await answerOf(client.DELETE('/api/session'));
    queries.clear();
    await navigate({ to: '/sign-in' });
  };

  const trouble = overview.data?.exports.filter(isTrouble).length ?? 0;
  const offline = [session.error, overview.error].some((error) => error instanceof ApiError && error.isOffline);
  const live = offline ? { dot: 'bad', text: 'Server away' } : LIVE[liveness];
  const params = { projectId: String(project) };

  return (
    <div className="shell">
      <a className="skip" href="#main">Skip to the content</a>
      <aside className="side" aria-label="Navigation and settings">
        <Link to="/" className="brand">
          <i className="mark"><svg className="icon" viewBox="0 0 16 16" aria-hidden="true"><path d="M3 4.5h10M3 8h7M3 11.5h4" strokeWidth="2" /></svg></i>
          <span>Batch Exports</span>
        </Link>
        <button type="button" className="jump" onClick={() => setSearching(true)}>
          <Icon name="search" />
          <span className="grow">Search or jump to…</span>
          <kbd>{navigator.platform.startsWith('Mac') ? '⌘K' : 'Ctrl K'}</kbd>
        </button>
        <nav className="nav" aria-label="Main">
          <Link to="/projects/$projectId/exports" params={params} activeOptions={{ includeSearch: false }}>
            <Icon name="exports" />
            <span className="label">Exports</span>
            {trouble > 0 && <span className="badge">{trouble}<span className="visually-hidden"> need attention</span></span>}
          </Link>
          <Link to="/system">
            <Icon name="system" />
            <span className="label">System</span>
          </Link>
          <Link to="/projects/$projectId/settings/{-$tab}" params={{ ...params, tab: undefined }} activeOptions={{ includeSearch: false }}>
            <Icon name="settings" />
            <span className="label">Settings</span>
          </Link>
          <a href="/api/docs">
            <Icon name="book" />
            <span className="label">API reference</span>
          </a>
        </nav>
        <div className="side-end">
          <div className="live" role="status" title={live.text}>
            <i className={`dot ${live.dot}`} />
            <span className="label">{live.text} · project {project}</span>
          </div>
          {session.data && (
            <div className="row apart">
              <span className="label small muted clip" title={session.data.scopes.join(', ')}>
                {session.data.name}{session.data.may_write ? '' : ' · read only'}
              </span>
              <Button size="small" kind="quiet" icon="leave" label="Sign out" onClick={() => void signOut()} />
            </div>
          )}
          <div className="row">
            <select className="native grow" aria-label="Time zone of this page" value={zone} onChange={(event) => choose(event.target.value)}>
              {zoneChoices(zone).map((name) => <option key={name}>{name}</option>)}
            </select>
            <Button icon={dark ? 'sun' : 'moon'} label={dark ? 'Light theme' : 'Dark theme'} onClick={toggle} />
          </div>
        </div>
      </aside>
      <main className="main" id="main" tabIndex={-1} aria-busy={busy > 0 || undefined}>
        {offline && (
          <div className="banner" role="alert">
            <Icon name="warning" />
            The server does not answer. What you see may be old; it is tried again every few seconds. Schedules and runs go on without this page.
          </div>
        )}
        <Outlet />
      </main>
      <Palette opened={searching} onClose={() => setSearching(false)} project={project} />
    </div>
  );
}
