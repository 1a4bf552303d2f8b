import { Field } from '../ui/kit';
import type { SchemaField, Values } from './schema';

interface Props {
  fields: SchemaField[];
  values: Values;
  onChange: (values: Values) => void;
  /** By parameter. */
  errors: Record<string, string>;
  /** Secrets that the server has stored already. */
  storedSecrets?: boolean;
}

/** A form made from what the server says of a destination type: nothing here knows any of them. */
export function SchemaForm({ fields, values, onChange, errors, storedSecrets = false }: Props) {
  return (
    <div className="fields">
      {fields.map((field) => (
        <Field
          key={field.name}
          label={field.title}
          required={field.required}
          hint={field.description}
          error={errors[field.name]}
          wide={field.kind === 'lines' || field.name.includes('prefix') || field.name.includes('url')}
        >
          {(props) => (
            <Control
              {...props}
              field={field}
              value={values[field.name] ?? ''}
              storedSecrets={storedSecrets}
              onChange={(value) => onChange({ ...values, [field.name]: value })}
            />
          )}
        </Field>
      ))}
    </div>
  );
}

interface ControlProps {
  id: string;
  field: SchemaField;
  value: string;
  storedSecrets: boolean;
  onChange: (value: string) => void;
}

function Control({ field, value, storedSecrets, onChange, ...aria }: ControlProps) {
  switch (field.kind) {
    case 'choice':
      return (
        <select {...aria} name={field.name} value={value} onChange={(event) => onChange(event.target.value)}>
          {(!field.required || value === '') && <option value="">{field.fallback ? `Default: ${field.fallback}` : 'Default'}</option>}
          {field.options.map((option) => (
            <option key={option}>{option}</option>
          ))}
        </select>
      );
    case 'flag':
      return (
        <select {...aria} name={field.name} value={value} onChange={(event) => onChange(event.target.value)}>
          <option value="">{field.fallback ? `Default: ${field.fallback === 'true' ? 'yes' : 'no'}` : 'Default'}</option>
          <option value="true">Yes</option>
          <option value="false">No</option>
        </select>
      );
    case 'lines':
      return <textarea {...aria} name={field.name} value={value} spellCheck={false} onChange={(event) => onChange(event.target.value)} />;
    case 'secret':
      return /private_key/.test(field.name) ? (
        <textarea {...aria} name={field.name} value={value} spellCheck={false} autoComplete="off" placeholder={storedSecrets ? 'Kept as stored when left empty' : ''} onChange={(event) => onChange(event.target.value)} />
      ) : (
        <input
          {...aria}
          name={field.name}
          type="password"
          autoComplete="new-password"
          value={value}
          placeholder={storedSecrets ? 'Kept as stored when left empty' : ''}
          onChange={(event) => onChange(event.target.value)}
        />
      );
    case 'number':
    case 'text':
      return field.example.startsWith('-----BEGIN') ? (
        <textarea {...aria} name={field.name} value={value} spellCheck={false} placeholder={field.example} onChange={(event) => onChange(event.target.value)} />
      ) : (
        <input
          {...aria}
          name={field.name}
          type="text"
          inputMode={field.kind === 'number' ? 'numeric' : undefined}
          autoComplete="off"
          spellCheck={false}
          value={value}
          placeholder={field.fallback ? `Default: ${field.fallback}` : field.example ? `e.g. ${field.example}` : ''}
          onChange={(event) => onChange(event.target.value)}
        />
      );
  }
}
