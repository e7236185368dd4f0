-- Nothing reads them: a link is made when a recording is created, and its body's file says when data came last.

alter table recordings drop column publication_share_id, drop column last_data_at;
