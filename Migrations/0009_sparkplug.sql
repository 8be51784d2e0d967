-- What a Sparkplug source knows of its edge nodes, written in the transaction of the batch that told it: after a crash
-- the host goes on where it was. Two JSON documents (text, since names may hold U+0000 as an escape): the order of
-- messages, which changes with every one, and the births, which are large and change seldom. No foreign key: a source
-- may be deleted while messages of it are being stored; rows without a source are removed when another one is loaded.

CREATE TABLE sparkplug_node (
    source_id integer NOT NULL,
    group_id  text NOT NULL,
    node_id   text NOT NULL,
    ordering  text NOT NULL,
    births    text NOT NULL,
    rebirths  bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (source_id, group_id, node_id)
);
