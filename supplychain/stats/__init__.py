"""Numbers from many draws: designs, estimates with their errors, what drives them. It knows no case and no LP."""
