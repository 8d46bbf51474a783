module doppel.example/bench/score

go 1.26
