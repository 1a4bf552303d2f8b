import '@mantine/core/styles/Combobox.css';
import '@mantine/core/styles/Input.css';

import { Select } from '@mantine/core';

/** A choice among many, found by typing. */
export function SearchSelect({ id, label, value, options, onChange, invalid }: { id?: string; label?: string; value: string; options: string[]; onChange: (value: string) => void; invalid?: boolean }) {
  return (
    <Select
      id={id}
      aria-label={label}
      data={options}
      value={value}
      onChange={(chosen) => chosen && onChange(chosen)}
      searchable
      allowDeselect={false}
      limit={200}
      maxDropdownHeight={280}
      error={invalid}
      comboboxProps={{ transitionProps: { duration: 0 } }}
      nothingFoundMessage="No such zone"
    />
  );
}
