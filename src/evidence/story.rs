//! One story per process, in time order: heap growth, warnings, the end.

use super::observation::*;
use super::places::Places;
use super::printable::brief;
use super::stamp;

/// Tells the stories of all processes, in the order of their first sign.
pub fn stories(observations: &[Observation], places: Option<&Places>) -> Vec<ProcessStory> {
    let mut groups: indexmap::IndexMap<(String, Option<u32>), Vec<usize>> = indexmap::IndexMap::new();
    for (index, observation) in observations.iter().enumerate() {
        groups.entry((observation.log().path.clone(), observation.pid())).or_default().push(index);
    }
    join_nameless(&mut groups);
    let mut stories = Vec::new();
    for ((log, pid), mut indices) in groups {
        // The time decides where all tell it, else the line.
        let timed = indices.iter().all(|&index| observations[index].time().is_some());
        indices.sort_by_key(|&index| {
            let observation = &observations[index];
            (if timed { observation.time() } else { None }, observation.log().line, rank(observation))
        });
        let mut steps = Vec::new();
        for &index in &indices {
            let observation = &observations[index];
            steps.push(StoryStep { observation: index, time: observation.time().map(stamp::iso), text: sentence(observation, places) });
        }
        let parts: Vec<String> = indices
            .iter()
            .map(|&index| match observations[index].time().filter(|_| !matches!(observations[index], Observation::Gc(_))) {
                Some(time) => format!("{} at {}", sentence(&observations[index], places), &stamp::iso(time)[11..19]),
                None => sentence(&observations[index], places),
            })
            .collect();
        stories.push(ProcessStory { pid, log, summary: shortened(parts), steps });
    }
    stories
}

/// What a log tells without a number belongs to its only process.
fn join_nameless(groups: &mut indexmap::IndexMap<(String, Option<u32>), Vec<usize>>) {
    let nameless: Vec<String> = groups.keys().filter(|(_, pid)| pid.is_none()).map(|(log, _)| log.clone()).collect();
    for log in nameless {
        let mut named = groups.keys().filter(|(other, pid)| *other == log && pid.is_some());
        if let (Some(only), None) = (named.next().cloned(), named.next())
            && let Some(indices) = groups.shift_remove(&(log, None))
            && let Some(group) = groups.get_mut(&only)
        {
            group.extend(indices);
        }
    }
}

/// Growth is told first, the end last.
fn rank(observation: &Observation) -> u8 {
    match observation {
        Observation::Gc(_) => 0,
        Observation::MaxListeners(_) => 1,
        Observation::OutOfMemory(_) => 2,
        Observation::ProcessExit(_) => 3,
    }
}

/// One step in words.
pub fn sentence(observation: &Observation, places: Option<&Places>) -> String {
    let at = |site: &Site| {
        format!(" at {}:{}", brief(places.map_or(site.path.as_path(), |places| places.shown(&site.path)).as_str()), site.line)
    };
    match observation {
        Observation::Gc(gc) => growth(gc),
        Observation::MaxListeners(warning) => {
            let event = warning.event.as_deref().map_or(String::new(), |event| format!(" «{}»", brief(event)));
            let emitter = warning.emitter.as_deref().map_or(String::new(), |emitter| format!(" on {}", brief(emitter)));
            let place = warning.site.as_ref().map_or(String::new(), at);
            format!("{}{event} listeners{emitter}{place}", warning.count)
        }
        Observation::OutOfMemory(end) => {
            let place = end.site.as_ref().map_or(String::new(), at);
            format!("out of memory{place} ({})", brief(&end.message))
        }
        Observation::ProcessExit(exit) => match (&exit.signal, exit.code) {
            (Some(signal), _) => format!("killed by {}", brief(signal)),
            (None, Some(137)) => "exited with code 137 (killed, as a rule for memory)".to_owned(),
            (None, Some(code)) => format!("exited with code {code}"),
            (None, None) => "ended".to_owned(),
        },
    }
}

fn growth(gc: &Gc) -> String {
    let span = (gc.last_ms - gc.first_ms).max(0.0);
    let over = if span >= 60_000.0 { format!("{:.0} minutes", span / 60_000.0) } else { format!("{:.1} seconds", span / 1_000.0) };
    let rate = |slope: Option<Slope>, ends: Option<[f64; 2]>| match (slope, ends) {
        (Some(slope), _) if span >= 60_000.0 => format!("{:.1} ± {:.1} MB a minute", slope.mb_per_minute, slope.plus_minus),
        (_, Some([first, last])) => format!("from {first:.1} to {last:.1} MB"),
        _ => "by an unknown amount".to_owned(),
    };
    match gc.growth {
        GrowthKind::Objects => format!("heap grew {} over {over}", rate(gc.heap_slope, gc.heap_mb)),
        GrowthKind::Buffers => format!("memory outside the heap grew {} over {over}", rate(gc.external_slope, gc.external_mb)),
        GrowthKind::Both => format!(
            "heap grew {} and memory outside it {} over {over}",
            rate(gc.heap_slope, gc.heap_mb),
            rate(gc.external_slope, gc.external_mb)
        ),
        GrowthKind::None => format!("memory did not grow over {over}"),
        GrowthKind::Unknown => "memory not known to grow".to_owned(),
    }
}

/// A sentence of at most a dozen parts; equal ones are counted.
fn shortened(parts: Vec<String>) -> String {
    let mut counted: Vec<(String, usize)> = Vec::new();
    for part in parts {
        match counted.iter_mut().find(|(known, _)| *known == part) {
            Some((_, count)) => *count += 1,
            None => counted.push((part, 1)),
        }
    }
    let left = counted.len().saturating_sub(12);
    let mut words: Vec<String> =
        counted.into_iter().take(12).map(|(part, count)| if count > 1 { format!("{part} ({count} times)") } else { part }).collect();
    if left > 0 {
        words.push(format!("and {left} more"));
    }
    words.join(", ")
}
