use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn pacing() -> Pacing {
    Pacing::new(7)
}

fn present() -> Look {
    Look { present: true, ..Look::default() }
}

fn outcome(cause: Cause) -> Outcome {
    Outcome { cause, complete: true, brought: false, news: false, hinted: false, live: true }
}

/// Whether a pause is this one, but for its jitter.
fn about(pause: Duration, wanted: Duration) -> bool {
    pause >= wanted.mul_f64(0.85) && pause <= wanted.mul_f64(1.15)
}

#[test]
fn polling_is_fast_while_somebody_is_there_and_no_socket_speaks() {
    let mut pacing = pacing();
    assert!(about(pacing.pause(present()), POLL));
    assert!(about(pacing.pause(Look::default()), POLL_SLOW));
    assert!(about(pacing.pause(Look { live: true, ..present() }), POLL_SLOW));
}

#[test]
fn pauses_differ_and_follow_from_the_seed() {
    let draw = |seed| {
        let mut pacing = Pacing::new(seed);
        (0..50).map(|_| pacing.pause(present())).collect::<Vec<_>>()
    };
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
    let drawn = draw(3);
    let (least, most) = (drawn.iter().min().unwrap(), drawn.iter().max().unwrap());
    assert!(*most - *least > 5 * SECOND, "{least:?} to {most:?}");
}

#[test]
fn pauses_after_failures_grow_to_a_limit_and_one_success_ends_them() {
    let mut pacing = pacing();
    let failed = Outcome { complete: false, ..outcome(Cause::Timer) };
    for wanted in [5, 10, 20, 40, 80, 120, 120] {
        pacing.note(failed);
        assert!(about(pacing.pause(present()), wanted * SECOND));
    }
    for _ in 0..100 {
        pacing.note_fault();
    }
    assert!(about(pacing.pause(present()), RETRY_LIMIT));
    pacing.note(outcome(Cause::Asked));
    assert!(about(pacing.pause(present()), POLL));
}

#[test]
fn a_time_that_the_server_named_is_never_undercut() {
    let mut pacing = pacing();
    for _ in 0..200 {
        let pause = pacing.pause(Look { hold: 59 * SECOND, ..present() });
        assert!(pause >= 59 * SECOND && pause < 70 * SECOND, "{pause:?}");
    }
    pacing.note(Outcome { complete: false, ..outcome(Cause::Timer) });
    assert!(pacing.pause(Look { hold: 59 * SECOND, ..present() }) >= 59 * SECOND);
    assert!(Reopening::new(1).pause(59 * SECOND) >= 59 * SECOND);
}

#[test]
fn a_scheduled_reply_shortens_a_pause_and_never_makes_a_busy_loop() {
    let mut pacing = pacing();
    let of = |scheduled| Look { scheduled: Some(scheduled), live: true, ..present() };
    assert_eq!(pacing.pause(of(3 * SECOND)), 3 * SECOND);
    assert_eq!(pacing.pause(of(Duration::ZERO)), LEAST);
    assert!(about(pacing.pause(of(3600 * SECOND)), POLL_SLOW));
}

#[test]
fn hints_that_bring_nothing_cause_no_more_traffic_than_polling() {
    let mut pacing = pacing();
    assert_eq!(pacing.hint_gap(), HINT_GAP);
    for _ in 0..40 {
        pacing.note(outcome(Cause::Hint));
    }
    assert_eq!(pacing.hint_gap(), POLL);
    pacing.note(outcome(Cause::Asked));
    assert_eq!(pacing.hint_gap(), POLL, "only a hint that was right is one");
    pacing.note(Outcome { brought: true, ..outcome(Cause::Hint) });
    assert_eq!(pacing.hint_gap(), HINT_GAP);
}

#[test]
fn a_socket_that_did_not_announce_what_a_poll_found_is_not_relied_on() {
    let mut pacing = pacing();
    let live = Look { live: true, ..present() };
    let found = Outcome { brought: true, news: true, ..outcome(Cause::Timer) };
    pacing.note(outcome(Cause::Asked));
    pacing.note(Outcome { hinted: true, ..found });
    assert!(about(pacing.pause(live), POLL_SLOW), "the hint came a moment later");
    pacing.note(found);
    assert!(about(pacing.pause(live), POLL));
    pacing.note(outcome(Cause::Timer));
    assert!(about(pacing.pause(live), POLL), "until a hint was right");
    pacing.note(Outcome { brought: true, ..outcome(Cause::Hint) });
    assert!(about(pacing.pause(live), POLL_SLOW));
    pacing.note(found);
    pacing.note(Outcome { live: false, ..outcome(Cause::Timer) });
    pacing.note(outcome(Cause::Asked));
    assert!(about(pacing.pause(live), POLL_SLOW), "a new socket is trusted again");
    let mut fresh = Pacing::new(1);
    fresh.note(found);
    assert!(about(fresh.pause(live), POLL_SLOW), "what came before the socket says nothing about it");
}

#[test]
fn attempts_to_open_a_socket_back_off() {
    let mut reopening = Reopening::new(5);
    for wanted in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
        let pause = reopening.pause(Duration::ZERO);
        assert!(pause >= wanted * SECOND / 2 && pause <= wanted * SECOND, "{pause:?} of {wanted}");
    }
    reopening.was_good();
    assert!(reopening.pause(Duration::ZERO) <= SECOND);
}
