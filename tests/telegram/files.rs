//! Files: asked for by id, read as they are, never told of by their address.

use futures_util::TryStreamExt;
use usher::channel::Unopened;

use crate::*;

async fn contents(channel: &Channel, id: &str) -> Result<Vec<u8>, Unopened> {
    let opened = channel.open(id).await?;
    let bytes = opened.pieces.try_fold(Vec::new(), |mut all, piece| async move {
        all.extend_from_slice(&piece);
        Ok(all)
    });
    let bytes = bytes.await.unwrap();
    assert_eq!(bytes.len() as u64, opened.size);
    Ok(bytes)
}

#[tokio::test]
async fn a_file_is_read_as_often_as_it_is_wanted() {
    let api = BotApi::start().await;
    let alina = person(&api);
    let (channel, mut bot) = (channel(&api), Running::start(channel(&api)));
    bot.act().await;
    let bytes: Vec<u8> = (0..300_000_u32).map(|number| number.to_le_bytes()[0]).collect();
    let sent = alina.document("отчёт.pdf", "application/pdf", &bytes);
    let Act::SharedFile { file, .. } = bot.act().await else { panic!("a document is a file") };
    assert_eq!((file.name.as_str(), file.size, file.held_by("tg")), ("отчёт.pdf", 300_000, Some(sent.as_str())));
    for _ in 0..2 {
        assert_eq!(contents(&channel, file.held_by("tg").unwrap()).await.as_deref(), Ok(&bytes[..]));
    }
    alina.photo(&bytes);
    let Act::SharedFile { file, .. } = bot.act().await else { panic!("a photo is a file") };
    assert_eq!(contents(&channel, file.held_by("tg").unwrap()).await.as_deref(), Ok(&bytes[..]));
    assert_eq!(api.objections(), Vec::<String>::new());
}

#[tokio::test]
async fn a_file_that_is_gone_or_too_big_is_told_from_one_that_cannot_be_had_now() {
    let api = BotApi::start().await;
    let alina = person(&api);
    let channel = channel(&api);
    let lost = alina.document("a.pdf", "application/pdf", b"abc");
    api.lose_file(&lost);
    assert_eq!(contents(&channel, &lost).await, Err(Unopened::Gone));
    let big = alina.document("b.pdf", "application/pdf", &vec![0; (20 << 20) + 1]);
    assert_eq!(contents(&channel, &big).await, Err(Unopened::Gone));
    let good = alina.document("c.pdf", "application/pdf", b"abc");
    for fault in [Fault::Status(502), Fault::DropBefore, Fault::TooMany(1)] {
        api.fail_next("getFile", 1, fault);
        let Err(Unopened::Unavailable(why)) = contents(&channel, &good).await else { panic!("it may be had later") };
        assert!(!why.contains(BotApi::TOKEN) && !why.contains("file-"), "{why}");
    }
    assert_eq!(contents(&channel, &good).await.as_deref(), Ok(&b"abc"[..]));
}
