"""Copies the rows of a query from ClickHouse to S3 with dlt, as Arrow tables, which is dlt's fastest way."""
import os

import clickhouse_connect
import dlt
from dlt.destinations import filesystem

client = clickhouse_connect.get_client(
    host=os.environ["SOURCE_HOST"],
    port=int(os.environ["SOURCE_PORT"]),
    username=os.environ["SOURCE_USER"],
    password=os.environ["SOURCE_PASSWORD"],
)


@dlt.resource(name="rows", write_disposition="append", max_table_nesting=0)
def rows():
    with client.query_arrow_stream(os.environ["SOURCE_QUERY"], use_strings=True) as stream:
        yield from stream


pipeline = dlt.pipeline(
    pipeline_name="benchmark",
    pipelines_dir=os.environ["WORK_FOLDER"],
    dataset_name=os.environ["TARGET_FOLDER"],
    destination=filesystem(
        bucket_url="s3://" + os.environ["TARGET_BUCKET"],
        credentials={
            "aws_access_key_id": os.environ["TARGET_KEY"],
            "aws_secret_access_key": os.environ["TARGET_SECRET"],
            "endpoint_url": os.environ["TARGET_ENDPOINT"],
            "region_name": os.environ["TARGET_REGION"],
        },
        layout="{table_name}/{load_id}.{file_id}.{ext}",
    ),
)
print(pipeline.run(rows(), loader_file_format=os.environ["TARGET_FORMAT"]))
