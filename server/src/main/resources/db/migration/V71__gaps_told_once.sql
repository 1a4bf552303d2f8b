alter table batch_exports
    -- where the gap ends that was told of and is being filled; null when there is none
    add column gap_told_until timestamptz;
