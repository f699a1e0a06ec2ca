//! AMD on Linux, through what the `amdgpu` driver shows in `/sys/class/drm`.

use std::path::Path;

use super::Search;
use crate::{
    model::machine::{Gpu, GpuVendor},
    profile::read,
};

const CARDS: &str = "/sys/class/drm";
/// PCI vendor of AMD's graphics.
const VENDOR: &str = "0x1002";
const GIB: u64 = 1 << 30;

/// Looks through the cards below `root`.
#[must_use]
pub fn search(root: &Path) -> Search {
    let base = read::below(root, CARDS);
    // `card0` is a card, `card0-DP-1` one of its connectors.
    let is_card = |name: &String| name.strip_prefix("card").is_some_and(|rest| rest.parse::<u32>().is_ok());
    let gpus: Vec<Gpu> = read::names(&base)
        .into_iter()
        .filter(is_card)
        .filter_map(|name| gpu(&base.join(&name).join("device"), format!("{CARDS}/{name}/device")))
        .collect();
    let source = if gpus.is_empty() { format!("AMD: none in {CARDS}") } else { format!("AMD: {CARDS}") };
    Search { gpus, source }
}

/// The card whose device directory this is, if it is AMD's.
fn gpu(device: &Path, source: String) -> Option<Gpu> {
    if read::text(&device.join("vendor"))? != VENDOR {
        return None;
    }
    let name = read::text(&device.join("product_name")).filter(|name| !name.is_empty());
    let id = read::text(&device.join("device")).unwrap_or_default();
    let pool = |pool: &str| {
        let total = read::number(&device.join(format!("mem_info_{pool}_total")))?;
        Some(Pool { total, used: read::number(&device.join(format!("mem_info_{pool}_used"))) })
    };
    let (vram, gtt) = (pool("vram"), pool("gtt"));
    let unified = vram.zip(gtt).is_some_and(|(vram, gtt)| is_integrated(vram.total, gtt.total));
    // An integrated one takes its working memory from the machine's, through the translation table.
    let memory = if unified { vram.zip(gtt).map(|(vram, gtt)| vram.and(gtt)) } else { vram };
    Some(Gpu {
        name: name.unwrap_or_else(|| format!("AMD graphics {id}").trim_end().to_owned()),
        vendor: GpuVendor::Amd,
        memory_total_bytes: memory.map(|memory| memory.total),
        memory_free_bytes: memory.and_then(|memory| Some(memory.total.saturating_sub(memory.used?))),
        unified,
        source,
    })
}

/// Ollama's rule: little memory of its own, and much more of the machine's.
fn is_integrated(vram_bytes: u64, gtt_bytes: u64) -> bool {
    vram_bytes <= 4 * GIB && gtt_bytes >= 8 * GIB && gtt_bytes >= vram_bytes.saturating_mul(4)
}

#[derive(Clone, Copy)]
struct Pool {
    total: u64,
    used: Option<u64>,
}

impl Pool {
    fn and(self, other: Self) -> Self {
        Self {
            total: self.total.saturating_add(other.total),
            used: self.used.zip(other.used).map(|(one, two)| one.saturating_add(two)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::fake::tree;

    #[test]
    fn a_discrete_card_has_its_own_memory() {
        let root = tree(&[
            ("sys/class/drm/card0/device/vendor", "0x8086\n"),
            ("sys/class/drm/card1-DP-1/device/vendor", "0x1002\n"),
            ("sys/class/drm/card1/device/vendor", "0x1002\n"),
            ("sys/class/drm/card1/device/device", "0x744c\n"),
            ("sys/class/drm/card1/device/mem_info_vram_total", "25753026560\n"),
            ("sys/class/drm/card1/device/mem_info_vram_used", "1073741824\n"),
            ("sys/class/drm/card1/device/mem_info_gtt_total", "33554432000\n"),
        ]);
        let found = search(root.path());
        assert_eq!(found.gpus.len(), 1);
        assert_eq!(found.gpus[0].name, "AMD graphics 0x744c");
        assert_eq!(found.gpus[0].memory_total_bytes, Some(25_753_026_560));
        assert_eq!(found.gpus[0].memory_free_bytes, Some(25_753_026_560 - GIB));
        assert!(!found.gpus[0].unified);
        assert_eq!(found.gpus[0].source, "/sys/class/drm/card1/device");
    }

    #[test]
    fn an_integrated_one_shares_the_machines_memory() {
        let root = tree(&[
            ("sys/class/drm/card0/device/vendor", "0x1002\n"),
            ("sys/class/drm/card0/device/product_name", "Example 780M\n"),
            ("sys/class/drm/card0/device/mem_info_vram_total", "536870912\n"),
            ("sys/class/drm/card0/device/mem_info_vram_used", "0\n"),
            ("sys/class/drm/card0/device/mem_info_gtt_total", "16106127360\n"),
            ("sys/class/drm/card0/device/mem_info_gtt_used", "1073741824\n"),
        ]);
        let gpu = search(root.path()).gpus.remove(0);
        assert!(gpu.unified);
        assert_eq!(gpu.name, "Example 780M");
        assert_eq!(gpu.memory_total_bytes, Some(536_870_912 + 15 * GIB));
        assert_eq!(gpu.memory_free_bytes, Some(536_870_912 + 14 * GIB));
    }

    #[test]
    fn an_old_driver_names_the_card_without_its_memory() {
        let root = tree(&[("sys/class/drm/card0/device/vendor", "0x1002\n")]);
        assert_eq!(search(root.path()).gpus[0].memory_total_bytes, None);
        assert_eq!(search(tree(&[]).path()).source, "AMD: none in /sys/class/drm");
    }
}
