//! `ralf-tune run` with several hosts.

use crate::program::World;

#[test]
fn a_host_that_is_named_twice_is_refused() {
    let world = World::new();
    for (one, other) in [("a:1", "a:1"), ("127.0.0.1", "http://127.0.0.1:11434/"), ("a", "a:11434")] {
        let ran = world.run(&["run", "--host", one, "--host", other]);
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        assert!(ran.stderr.contains("is named twice"), "{}", ran.stderr);
    }
}

#[test]
fn a_host_that_is_mistyped_is_refused_by_name() {
    let world = World::new();
    let ran = world.run(&["run", "--host", "127.0.0.1:1", "--host", "b c"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("b c"), "{}", ran.stderr);
    let ran = world.run(&["run", "--simulate", "mid-range", "--simulate", "mid-rang"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("mid-rang"), "{}", ran.stderr);
}

#[test]
fn the_report_and_the_progress_name_the_hosts() {
    let world = World::new();
    let ran = world.run(&["run", "--quick", "--simulate", "--simulate", "mid-range:slower", "--seed", "3"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("on machine 1"), "{}", ran.stderr);
    let page = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(page.contains("machine 2 is not like the other hosts: a request takes 1."), "{page}");
    assert!(page.contains("so it was left out"), "{page}");
}
