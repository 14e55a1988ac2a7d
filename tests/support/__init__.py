"""What tests share: made-up news, servers on loopback, a scripted newspaper."""
