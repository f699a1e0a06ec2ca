//! Every promise that the program makes, one file each.

mod simulator;
