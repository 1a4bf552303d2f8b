import { Link, useParams, useSearch } from '@tanstack/react-router';
import { Empty } from '../../ui/kit';
import { TokensTab } from './Tokens';
import { WebhooksTab } from './Webhooks';

const TABS = [
  ['tokens', 'API tokens'],
  ['webhooks', 'Webhooks'],
] as const;

export function SettingsPage() {
  const { projectId, tab = 'tokens' } = useParams({ from: '/shell/projects/$projectId/settings/{-$tab}' });
  const { webhook } = useSearch({ from: '/shell/projects/$projectId/settings/{-$tab}' });
  const project = Number(projectId);
  return (
    <>
      <div className="head">
        <h1>Settings</h1>
      </div>
      <nav className="tabs" aria-label="Parts of the settings">
        {TABS.map(([key, title]) => (
          <Link key={key} to="/projects/$projectId/settings/{-$tab}" params={{ projectId, tab: key === 'tokens' ? undefined : key }} activeOptions={{ exact: true, includeSearch: false }}>
            {title}
          </Link>
        ))}
      </nav>
      {tab === 'tokens' && <TokensTab project={project} />}
      {tab === 'webhooks' && <WebhooksTab project={project} chosen={webhook} />}
      {!TABS.some(([key]) => key === tab) && <Empty title="There are no such settings">Choose one of the tabs above.</Empty>}
    </>
  );
}
